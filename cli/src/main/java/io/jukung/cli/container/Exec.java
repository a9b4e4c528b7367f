package io.jukung.cli.container;

import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.VariableOptions;
import io.jukung.cli.terminal.Attended;
import io.jukung.client.v1.ExecAsRequest;
import io.jukung.cri.streaming.CommandStreams;
import io.jukung.cri.streaming.StreamEndpoint;
import io.jukung.cri.v1.ExecRequest;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.ExecSyncResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung exec}: runs a command in a container. */
@Command(
    name = "exec",
    description = "Runs a command in a running container, and exits with the command's exit code.",
    exitCodeListHeading = "Exit codes other than the command's:%n",
    exitCodeList = {
      "1:jukung failed, for example because there is no such container",
      "125:the command line is wrong",
      "126:the command cannot be executed",
      "127:the command does not exist"
    },
    mixinStandardHelpOptions = true)
public final class Exec extends ClientCommand {
  /** How long the daemon's answer may take beyond the command's own timeout. */
  private static final Duration MARGIN = Duration.ofSeconds(15);

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "0",
      description =
          "Kill the command after this time. Its output is printed when it has ended, not before.")
  long timeoutSeconds;

  @Option(
      names = {"-i", "--interactive"},
      description = "Send the command what is typed.")
  boolean interactive;

  @Option(
      names = {"-t", "--tty"},
      description = "Give the command a terminal.")
  boolean tty;

  @Option(
      names = {"-d", "--detach"},
      description = "Start the command without input and output, and do not wait for its end.")
  boolean detach;

  @Option(
      names = {"-e", "--env"},
      paramLabel = "NAME=VALUE",
      description =
          "Set an environment variable besides those of the container; NAME alone takes the value"
              + " that it has here.")
  List<String> environmentVariables = List.of();

  @Option(
      names = "--env-file",
      paramLabel = "FILE",
      description = "Set the variables of a file with a line NAME=VALUE or NAME for each.")
  List<Path> environmentFiles = List.of();

  @Option(
      names = {"-u", "--user"},
      paramLabel = "USER[:GROUP]",
      defaultValue = "",
      description = "The user to run as, names or numbers; without it that of the container.")
  String user = "";

  @Option(
      names = {"-w", "--workdir"},
      paramLabel = "DIR",
      defaultValue = "",
      description = "The working directory in the container.")
  String workingDirectory = "";

  @Option(
      names = "--privileged",
      description = "Give the command all capabilities, and no AppArmor profile.")
  boolean privileged;

  @Parameters(index = "0", paramLabel = "CONTAINER")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String container;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "COMMAND",
      description = "The command and its arguments.")
  List<String> command = List.of();

  public Exec(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    if (timeoutSeconds < 0) {
      throw CliException.usage("--timeout cannot be negative");
    }
    if (timeoutSeconds > 0 && (interactive || tty)) {
      throw CliException.usage("--timeout does not go with -i and -t");
    }
    if (detach && (interactive || tty || timeoutSeconds > 0)) {
      throw CliException.usage("--detach does not go with -i, -t and --timeout");
    }
    if (timeoutSeconds > 0 && isOther()) {
      throw CliException.usage(
          "--timeout does not go with -e, --env-file, -u, -w and --privileged");
    }
    if (!workingDirectory.isEmpty() && !workingDirectory.startsWith("/")) {
      throw CliException.usage("--workdir " + workingDirectory + " is not an absolute path");
    }
    Attended.requireTerminal(environment, interactive, tty);
  }

  /** Whether the command differs from the container in what CRI has no fields for. */
  private boolean isOther() {
    return privileged
        || !user.isEmpty()
        || !workingDirectory.isEmpty()
        || !environmentVariables.isEmpty()
        || !environmentFiles.isEmpty();
  }

  @Override
  protected int run(Connection connection) throws IOException, InterruptedException {
    String id = Lookup.container(connection, container).getId();
    if (detach) {
      startDetached(connection, id);
      return ExitCode.OK;
    }
    if (timeoutSeconds == 0) {
      return runAttended(connection, id);
    }
    ExecSyncResponse answer = runWithTimeout(connection, id);
    answer.getStdout().writeTo(environment.out());
    answer.getStderr().writeTo(environment.err());
    environment.out().flush();
    environment.err().flush();
    return answer.getExitCode();
  }

  private int runAttended(Connection connection, String id)
      throws IOException, InterruptedException {
    String url = isOther() ? otherUrl(connection, id) : url(connection, id);
    StreamEndpoint endpoint = StreamEndpoint.of(connection.runtime(), url);
    CommandStreams.End end = new Attended(environment, interactive, tty).to(endpoint, () -> {});
    return end == null ? ExitCode.OK : Attended.exitCode(end);
  }

  private String url(Connection connection, String id) {
    ExecRequest request =
        ExecRequest.newBuilder()
            .setContainerId(id)
            .addAllCmd(command)
            .setStdin(interactive)
            .setStdout(true)
            .setStderr(!tty)
            .setTty(tty)
            .build();
    return connection.runtime().exec(request).getUrl();
  }

  private String otherUrl(Connection connection, String id) {
    ExecAsRequest request =
        other(id).setStdin(interactive).setStdout(true).setStderr(!tty).setTty(tty).build();
    return connection.containers().execAs(request).getUrl();
  }

  private void startDetached(Connection connection, String id) {
    try {
      var _ = connection.containers().execAs(other(id).setDetached(true).build());
    } catch (StatusRuntimeException e) {
      throw connection.startFailure(e, ExitCode.FAILED);
    }
  }

  private ExecAsRequest.Builder other(String id) {
    return ExecAsRequest.newBuilder()
        .setContainerId(id)
        .addAllCommand(command)
        .addAllEnvironment(VariableOptions.of(environmentFiles, environmentVariables, environment))
        .setUser(user)
        .setWorkingDirectory(workingDirectory)
        .setPrivileged(privileged);
  }

  private ExecSyncResponse runWithTimeout(Connection connection, String id) {
    Duration deadline = Duration.ofSeconds(timeoutSeconds).plus(MARGIN);
    ExecSyncRequest request =
        ExecSyncRequest.newBuilder()
            .setContainerId(id)
            .addAllCmd(command)
            .setTimeout(timeoutSeconds)
            .build();
    try {
      return connection.runtime(deadline).execSync(request);
    } catch (StatusRuntimeException e) {
      throw connection.startFailure(e, ExitCode.FAILED);
    }
  }
}
