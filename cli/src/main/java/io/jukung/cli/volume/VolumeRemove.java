package io.jukung.cli.volume;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.NamedTargetsCommand;
import io.jukung.client.v1.RemoveVolumeRequest;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung volume rm}: removes volumes. */
@Command(
    name = "rm",
    description = "Removes volumes with their content. A volume that a container uses stays.",
    mixinStandardHelpOptions = true)
final class VolumeRemove extends NamedTargetsCommand {
  @Option(
      names = {"-f", "--force"},
      description = "Do not fail for a volume that does not exist.")
  boolean force;

  @Parameters(arity = "1..*", paramLabel = "VOLUME")
  List<String> names = List.of();

  VolumeRemove(CommandContext context) {
    super(context);
  }

  @Override
  protected List<String> targets() {
    return names;
  }

  @Override
  protected void apply(Connection connection, String name) {
    try {
      var _ =
          connection.volumes().removeVolume(RemoveVolumeRequest.newBuilder().setName(name).build());
    } catch (StatusRuntimeException e) {
      if (!force || e.getStatus().getCode() != Status.Code.NOT_FOUND) {
        throw e;
      }
    }
  }
}
