package io.jukung.cli;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code jukung run} can be told, in docker's words. Filled by picocli. */
final class RunOptions {
  /** When to look at the registry. */
  enum PullPolicy {
    MISSING,
    ALWAYS,
    NEVER;

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  @Option(
      names = {"-d", "--detach"},
      description = "Print the container's ID and leave it running.")
  boolean detach;

  @Option(names = "--rm", description = "Remove container, pod and log when it ends.")
  boolean remove;

  @Option(names = "--name", paramLabel = "NAME", description = "Else one is made from the image's.")
  @Nullable String name;

  @Option(
      names = {"-e", "--env"},
      paramLabel = "NAME=VALUE",
      description = "Environment variable; NAME alone takes the value it has here.")
  List<String> environment = List.of();

  @Option(
      names = {"-v", "--volume"},
      paramLabel = "HOST:CONTAINER[:ro]",
      description = "Mount a directory or file of the host.")
  List<String> volumes = List.of();

  @Option(
      names = {"-p", "--publish"},
      paramLabel = "HOST:CONTAINER",
      description = "Make a port of the pod one of the host.")
  List<String> publish = List.of();

  @Option(names = "--cpus", paramLabel = "N", description = "At most so many processors' time.")
  @Nullable BigDecimal cpus;

  @Option(
      names = {"-m", "--memory"},
      paramLabel = "SIZE",
      description = "At most so much memory, as 64m or 1.5g.")
  @Nullable String memory;

  @Option(
      names = "--network",
      defaultValue = "pod",
      paramLabel = "pod|host",
      description = "A network of its own by CNI (default), or the host's.")
  RunRequest.Network network = RunRequest.Network.POD;

  @Option(
      names = {"-u", "--user"},
      paramLabel = "USER[:GID]",
      description = "Run as; a number, or a name the image knows.")
  @Nullable String user;

  @Option(
      names = {"-w", "--workdir"},
      paramLabel = "DIR",
      description = "Working directory in the container.")
  @Nullable String workingDirectory;

  @Option(names = "--entrypoint", paramLabel = "PROGRAM", description = "Instead of the image's.")
  @Nullable String entrypoint;

  @Option(
      names = {"-h", "--hostname"},
      paramLabel = "NAME",
      description = "Host name of the pod; else the container's name.")
  @Nullable String hostname;

  @Option(
      names = {"-l", "--label"},
      paramLabel = "NAME=VALUE",
      description = "Label of the container.")
  List<String> labels = List.of();

  @Option(names = "--privileged", description = "All capabilities, all devices, nothing masked.")
  boolean privileged;

  @Option(names = "--read-only", description = "A root file system that cannot be written to.")
  boolean readOnly;

  @Option(names = "--cap-add", paramLabel = "CAP", description = "Add a capability, or ALL.")
  List<String> capAdd = List.of();

  @Option(names = "--cap-drop", paramLabel = "CAP", description = "Drop a capability, or ALL.")
  List<String> capDrop = List.of();

  @Option(
      names = "--pull",
      defaultValue = "missing",
      paramLabel = "missing|always|never",
      description = "When to pull the image.")
  PullPolicy pull = PullPolicy.MISSING;

  @Option(
      names = "--log-directory",
      defaultValue = "/var/log/jukung",
      paramLabel = "DIR",
      description = "Where the log goes, in a directory of the pod's own.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  Path logDirectory;

  @Option(
      names = {"-i", "--interactive"},
      description = "Pass on what is typed.")
  boolean interactive;

  @Option(
      names = {"-t", "--tty"},
      description = "Give it a terminal; ctrl-p ctrl-q leaves it running.")
  boolean tty;

  @Parameters(index = "0", paramLabel = "IMAGE")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String image;

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "ARGUMENT",
      description = "Instead of the image's command.")
  List<String> command = List.of();
}
