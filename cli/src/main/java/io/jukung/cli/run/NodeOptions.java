package io.jukung.cli.run;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Lookup;
import io.jukung.cri.v1.CDIDevice;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.NamespaceMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options by which a container shares what belongs to the node, named as docker's. Picocli
 * fills the fields.
 */
final class NodeOptions {
  /** The CDI kind of the devices that {@code --gpus} means, as docker has it. */
  private static final String GPU = "nvidia.com/gpu";

  private static final Pattern CDI_DEVICE =
      Pattern.compile("[A-Za-z][A-Za-z0-9_.-]*/[A-Za-z][A-Za-z0-9_-]*=[A-Za-z0-9][A-Za-z0-9_.:-]*");

  private static final int MAX_GPUS = 64;

  /** What stands before the name of a container whose namespace is shared. */
  private static final String CONTAINER = "container:";

  @Option(
      names = "--pid",
      paramLabel = "host|container:NAME",
      description =
          "host: share the processes of the node; container:NAME: those of another container of"
              + " jukung run; without the option the container has its own.")
  @Nullable String pid;

  @Option(
      names = "--ipc",
      paramLabel = "host|container:NAME|private|shareable",
      description =
          "host: share the System V IPC and the shared memory of the node; container:NAME: those of"
              + " another container of jukung run. The other two words are the default, which can"
              + " be shared.")
  @Nullable String ipc;

  /** The ID of the container of {@link #ipc}; empty if that names none, or before it is known. */
  String ipcOf = "";

  /** As {@link #ipcOf}, of the option {@code --network}. */
  String networkOf = "";

  @Option(
      names = "--uts",
      paramLabel = "host",
      description = "host: the host name of the node; only with --network host, which implies it.")
  @Nullable String uts;

  @Option(
      names = "--userns",
      paramLabel = "host|private",
      description =
          "private: users of its own, so that root of the container is nobody on the node; host: the"
              + " users of the node, as without this option.")
  @Nullable String userns;

  @Option(
      names = "--cgroup-parent",
      paramLabel = "PATH",
      description = "The cgroup below which that of the pod is made.")
  @Nullable String cgroupParent;

  @Option(
      names = "--runtime",
      paramLabel = "HANDLER",
      description =
          "The runtime that runs the container: a handler of the daemon's configuration; without it,"
              + " jukung itself.")
  String runtime = "";

  @Option(
      names = "--gpus",
      paramLabel = "all|N|device=ID[,ID]",
      description = "Give the container GPUs: the CDI devices nvidia.com/gpu of the node.")
  @Nullable String gpus;

  @Option(
      names = "--oom-score-adj",
      paramLabel = "N",
      description = "How soon the kernel kills the container if memory is short: -1000 to 1000.")
  @Nullable Integer oomScore;

  /**
   * Refuses words that these options do not have.
   *
   * @param hostNetwork whether the container shares the network of the node
   * @throws CliException with the exit code for wrong usage
   */
  void check(boolean hostNetwork) {
    if (pid == null || !pid.matches(CONTAINER + ".+")) {
      requireWord("--pid", pid, List.of("host", CONTAINER + "NAME"));
    }
    if (ipc == null || !ipc.matches(CONTAINER + ".+")) {
      requireWord("--ipc", ipc, List.of("host", "private", "shareable", CONTAINER + "NAME"));
    }
    requireWord("--uts", uts, List.of("host"));
    requireWord("--userns", userns, List.of("host", "private"));
    if (uts != null && !hostNetwork) {
      throw CliException.usage("--uts host goes only with --network host");
    }
    if (oomScore != null && (oomScore < -1000 || oomScore > 1000)) {
      throw CliException.usage("--oom-score-adj is from -1000 to 1000, is " + oomScore);
    }
  }

  private static void requireWord(String option, @Nullable String value, List<String> words) {
    if (value != null && !words.contains(value)) {
      throw CliException.usage(
          option + " " + value + " is not implemented, only " + String.join(" and ", words));
    }
  }

  NamespaceMode pidMode() {
    return "host".equals(pid) ? NamespaceMode.NODE : NamespaceMode.CONTAINER;
  }

  /**
   * Adds, or keeps for the options, what depends on other containers, which the daemon knows.
   *
   * @param networkOwner the name of the container whose network is shared
   */
  void addFromDaemon(
      Connection connection, ContainerConfig.Builder container, Optional<String> networkOwner) {
    if (pid != null && pid.startsWith(CONTAINER)) {
      container
          .getLinuxBuilder()
          .getSecurityContextBuilder()
          .getNamespaceOptionsBuilder()
          .setPid(NamespaceMode.TARGET)
          .setTargetId(Lookup.container(connection, pid.substring(CONTAINER.length())).getId());
    }
    if (ipc != null && ipc.startsWith(CONTAINER)) {
      ipcOf = Lookup.container(connection, ipc.substring(CONTAINER.length())).getId();
    }
    networkOwner.ifPresent(name -> networkOf = Lookup.container(connection, name).getId());
  }

  /** Whether the container shall have a user namespace of its own. */
  boolean ownsUsers() {
    return "private".equals(userns);
  }

  NamespaceMode ipcMode() {
    return "host".equals(ipc) ? NamespaceMode.NODE : NamespaceMode.POD;
  }

  /** Whether a value of {@code --device} names a CDI device and not a path. */
  static boolean isCdi(String device) {
    return CDI_DEVICE.matcher(device).matches();
  }

  static CDIDevice cdi(String name) {
    return CDIDevice.newBuilder().setName(name).build();
  }

  /**
   * Returns the devices of {@code --gpus}.
   *
   * @throws CliException with the exit code for wrong usage
   */
  List<CDIDevice> gpuDevices() {
    if (gpus == null) {
      return List.of();
    }
    List<String> names = new ArrayList<>();
    if (gpus.equals("all") || gpus.equals("-1")) {
      names.add("all");
    } else if (gpus.matches("[1-9][0-9]?") && Integer.parseInt(gpus) <= MAX_GPUS) {
      IntStream.range(0, Integer.parseInt(gpus)).mapToObj(Integer::toString).forEach(names::add);
    } else if (gpus.matches("\"?device=[A-Za-z0-9_.:,-]+\"?")) {
      String ids = gpus.substring(gpus.indexOf('=') + 1).replace("\"", "");
      names.addAll(List.of(ids.split(",")));
    } else {
      throw CliException.usage("--gpus: \"" + gpus + "\" is not all, a number, or device=ID[,ID]");
    }
    return names.stream().map(each -> cdi(GPU + "=" + each)).toList();
  }
}
