package io.jukung.cli.container;

import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.terminal.Attended;
import io.jukung.cri.streaming.CommandStreams;
import io.jukung.cri.streaming.StreamEndpoint;
import io.jukung.cri.v1.ExecRequest;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.ExecSyncResponse;
import java.io.IOException;
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
    Attended.requireTerminal(environment, interactive, tty);
  }

  @Override
  protected int run(Connection connection) throws IOException, InterruptedException {
    String id = Lookup.container(connection, container).getId();
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
    ExecRequest request =
        ExecRequest.newBuilder()
            .setContainerId(id)
            .addAllCmd(command)
            .setStdin(interactive)
            .setStdout(true)
            .setStderr(!tty)
            .setTty(tty)
            .build();
    StreamEndpoint endpoint =
        StreamEndpoint.of(connection.runtime(), connection.runtime().exec(request).getUrl());
    CommandStreams.End end = new Attended(environment, interactive, tty).to(endpoint, () -> {});
    return end == null ? ExitCode.OK : Attended.exitCode(end);
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
