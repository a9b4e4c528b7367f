package io.jukung.cli.volume;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.PruneFilter;
import io.jukung.cli.command.Pruning;
import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.client.v1.RemoveVolumeRequest;
import io.jukung.client.v1.Volume;
import java.util.List;

/**
 * The volumes that no container mounts.
 *
 * @param all whether volumes with a name are among them
 */
public record UnusedVolumes(PruneFilter filter, boolean all) implements Pruning {
  @Override
  public String what() {
    return (all ? "all volumes" : "all anonymous volumes") + " that no container uses";
  }

  private List<Volume> find(Connection connection) {
    return connection
        .volumes()
        .listVolumes(ListVolumesRequest.getDefaultInstance())
        .getVolumesList()
        .stream()
        .filter(each -> each.getContainerIdsCount() == 0 && (all || each.getAnonymous()))
        .filter(each -> filter.fits(each.getCreatedAt(), each.getLabelsMap()))
        .toList();
  }

  @Override
  public long prune(Connection connection, CliEnvironment environment) {
    long freed = 0;
    for (Volume each : find(connection)) {
      freed += remove(connection, environment, each.getName());
    }
    return freed;
  }

  /** Removes a volume, unless a container uses it since it was listed. */
  private static long remove(Connection connection, CliEnvironment environment, String name) {
    try {
      long freed =
          connection
              .volumes()
              .removeVolume(
                  RemoveVolumeRequest.newBuilder().setName(name).setUnusedOnly(true).build())
              .getFreedBytes();
      environment.out().println("deleted: " + name);
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
