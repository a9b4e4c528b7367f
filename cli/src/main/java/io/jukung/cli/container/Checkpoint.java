package io.jukung.cli.container;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.cri.v1.CheckpointContainerRequest;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung checkpoint}: writes the memory and the files of a container into an archive. */
@Command(
    name = "checkpoint",
    description = {
      "Writes the memory of a running container's processes, and the files that they have written,"
          + " into an archive. The container runs on.",
      "The node needs the program CRIU. The archive has what is in the container's memory, secrets"
          + " too. What is in volumes is not in it."
    },
    mixinStandardHelpOptions = true)
public final class Checkpoint extends ClientCommand {
  @Option(
      names = {"-e", "--export"},
      required = true,
      paramLabel = "FILE",
      description = "The archive, which must not exist yet; a path on the daemon's node.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  Path export;

  @Option(
      names = {"-t", "--timeout"},
      defaultValue = "0",
      paramLabel = "SECONDS",
      description = "Give up after that time; 0, the default, waits for the end.")
  long timeoutSeconds;

  @Parameters(index = "0", paramLabel = "CONTAINER")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String container;

  public Checkpoint(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    CheckpointContainerRequest request =
        CheckpointContainerRequest.newBuilder()
            .setContainerId(Lookup.container(connection, container).getId())
            .setLocation(environment.absolute(export).normalize().toString())
            .setTimeout(timeoutSeconds)
            .build();
    try {
      var _ = connection.runtimeWithoutDeadline().checkpointContainer(request);
      return ExitCode.OK;
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED) {
        // The daemon has answered: the call itself has no deadline.
        throw CliException.failed(String.valueOf(e.getStatus().getDescription()));
      }
      throw e;
    }
  }
}
