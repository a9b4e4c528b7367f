package io.jukung.runtime.cli;

import io.grpc.StatusRuntimeException;
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
      "Runs a command in a running container and prints its output when it has ended.",
      "Standard input and a terminal (-i, -t) come with the streaming server."
    },
    mixinStandardHelpOptions = true)
final class Exec implements Callable<Integer> {
  /** Beyond the command's own timeout: for the answer to come. */
  private static final Duration MARGIN = Duration.ofSeconds(15);

  /** Without a timeout of the command's own: as good as none. */
  private static final Duration UNLIMITED = Duration.ofDays(365);

  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "0",
      description = "Kill the command after this long; 0: never.")
  long timeoutSeconds;

  @Option(
      names = {"-i", "--interactive"},
      hidden = true)
  boolean interactive;

  @Option(
      names = {"-t", "--tty"},
      hidden = true)
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
  public Integer call() throws IOException {
    if (interactive || tty) {
      throw CliException.usage("-i and -t come with the streaming server; exec runs without them");
    }
    if (timeoutSeconds < 0) {
      throw CliException.usage("--timeout cannot be negative");
    }
    try (Connection connection = jukung.connect()) {
      String id = Lookup.container(connection, container).getId();
      ExecSyncResponse answer = exec(connection, id);
      answer.getStdout().writeTo(environment.out());
      answer.getStderr().writeTo(environment.err());
      environment.out().flush();
      environment.err().flush();
      return answer.getExitCode();
    }
  }

  private ExecSyncResponse exec(Connection connection, String id) {
    Duration deadline =
        timeoutSeconds == 0 ? UNLIMITED : Duration.ofSeconds(timeoutSeconds).plus(MARGIN);
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
