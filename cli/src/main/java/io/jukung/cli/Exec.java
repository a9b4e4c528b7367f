package io.jukung.cli;

import io.grpc.StatusRuntimeException;
import io.jukung.cli.terminal.CommandStreams;
import io.jukung.cri.v1.ExecRequest;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.ExecSyncResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Runs a command in a container. */
@Command(
    name = "exec",
    description = {
      "Runs a command in a running container, and ends with its exit code.",
      "Exit codes: the command's, or 126 if it cannot be run, 127 if it does not exist."
    },
    mixinStandardHelpOptions = true)
final class Exec implements Callable<Integer> {
  /** Beyond the command's own timeout: for the answer to come. */
  private static final Duration MARGIN = Duration.ofSeconds(15);

  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "0",
      description = "Kill the command after this long; its output comes when it has ended.")
  long timeoutSeconds;

  @Option(
      names = {"-i", "--interactive"},
      description = "Pass on what is typed.")
  boolean interactive;

  @Option(
      names = {"-t", "--tty"},
      description = "Give it a terminal.")
  boolean tty;

  @Parameters(index = "0", paramLabel = "CONTAINER")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String container;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "COMMAND",
      description = "And its arguments.")
  List<String> command = List.of();

  Exec(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (timeoutSeconds < 0) {
      throw CliException.usage("--timeout cannot be negative");
    }
    if (timeoutSeconds > 0 && (interactive || tty)) {
      throw CliException.usage("--timeout does not go with -i and -t");
    }
    Attended.requireTerminal(interactive, tty);
    try (Connection connection = jukung.connect()) {
      String id = Lookup.container(connection, container).getId();
      if (timeoutSeconds == 0) {
        return stream(connection, id);
      }
      ExecSyncResponse answer = exec(connection, id);
      answer.getStdout().writeTo(environment.out());
      answer.getStderr().writeTo(environment.err());
      environment.out().flush();
      environment.err().flush();
      return answer.getExitCode();
    }
  }

  private int stream(Connection connection, String id) throws IOException, InterruptedException {
    String url =
        connection
            .runtime()
            .exec(
                ExecRequest.newBuilder()
                    .setContainerId(id)
                    .addAllCmd(command)
                    .setStdin(interactive)
                    .setStdout(true)
                    .setStderr(!tty)
                    .setTty(tty)
                    .build())
            .getUrl();
    CommandStreams.End end =
        new Attended(environment, interactive, tty).to(connection.endpoint(url), () -> {});
    return end == null ? ExitCode.OK : Attended.exitCode(end);
  }

  private ExecSyncResponse exec(Connection connection, String id) {
    Duration deadline = Duration.ofSeconds(timeoutSeconds).plus(MARGIN);
    try {
      return connection
          .runtime(deadline)
          .execSync(
              ExecSyncRequest.newBuilder()
                  .setContainerId(id)
                  .addAllCmd(command)
                  .setTimeout(timeoutSeconds)
                  .build());
    } catch (StatusRuntimeException e) {
      String reason = Objects.requireNonNullElse(e.getStatus().getDescription(), "");
      throw CliException.withExitCode(
          ExitCode.ofStartFailure(reason, ExitCode.FAILED),
          Connection.sentence(e, connection.socket()));
    }
  }
}
