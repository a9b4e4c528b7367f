package io.jukung.cli.volume;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Consent;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.text.HumanSize;
import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.client.v1.RemoveVolumeRequest;
import io.jukung.client.v1.Volume;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung volume prune}: removes volumes that no container uses. */
@Command(
    name = "prune",
    description = "Removes the anonymous volumes that no container uses, with their content.",
    mixinStandardHelpOptions = true)
final class VolumePrune extends ClientCommand {
  @Option(
      names = {"-a", "--all"},
      description = "Remove named volumes, too.")
  boolean all;

  @Option(
      names = {"-f", "--force"},
      description = "Do not ask.")
  boolean force;

  @Option(
      names = "--filter",
      paramLabel = "NAME=VALUE",
      description = "Remove only some volumes: label=NAME[=VALUE] or label!=NAME[=VALUE].")
  List<String> filters = List.of();

  VolumePrune(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    var _ = VolumeFilter.of(filters);
  }

  @Override
  protected int run(Connection connection) throws IOException {
    List<Volume> unused =
        connection
            .volumes()
            .listVolumes(ListVolumesRequest.getDefaultInstance())
            .getVolumesList()
            .stream()
            .filter(each -> each.getContainerIdsCount() == 0 && (all || each.getAnonymous()))
            .filter(VolumeFilter.of(filters))
            .toList();
    String warning =
        "This removes %d volumes that no container uses, with their content."
            .formatted(unused.size());
    if (!force && !unused.isEmpty() && !Consent.given(environment, warning)) {
      return ExitCode.FAILED;
    }
    long freed = 0;
    for (Volume each : unused) {
      freed += remove(connection, each.getName());
    }
    out().println("Total reclaimed space: " + HumanSize.format(freed));
    return ExitCode.OK;
  }

  /** Removes a volume, unless a container uses it since it was listed. */
  private long remove(Connection connection, String name) {
    try {
      long freed =
          connection
              .volumes()
              .removeVolume(
                  RemoveVolumeRequest.newBuilder().setName(name).setUnusedOnly(true).build())
              .getFreedBytes();
      out().println("deleted: " + name);
      return freed;
    } catch (StatusRuntimeException e) {
      Status.Code code = e.getStatus().getCode();
      if (code == Status.Code.FAILED_PRECONDITION || code == Status.Code.NOT_FOUND) {
        return 0;
      }
      throw e;
    }
  }
}
