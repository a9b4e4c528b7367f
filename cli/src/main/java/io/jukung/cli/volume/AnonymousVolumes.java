package io.jukung.cli.volume;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.Connection;
import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.client.v1.RemoveVolumeRequest;
import io.jukung.client.v1.Volume;
import java.util.List;

/** The volumes without a name that were made for a container and may go with it. */
public final class AnonymousVolumes {
  private AnonymousVolumes() {}

  /** The names of those that the container uses. */
  public static List<String> of(Connection connection, String containerId) {
    return connection
        .volumes()
        .listVolumes(ListVolumesRequest.getDefaultInstance())
        .getVolumesList()
        .stream()
        .filter(Volume::getAnonymous)
        .filter(each -> each.getContainerIdsList().contains(containerId))
        .map(Volume::getName)
        .toList();
  }

  /** Removes the volumes, except those that another container uses. */
  public static void remove(Connection connection, List<String> names) {
    for (String name : names) {
      try {
        var _ =
            connection
                .volumes()
                .removeVolume(RemoveVolumeRequest.newBuilder().setName(name).build());
      } catch (StatusRuntimeException e) {
        Status.Code code = e.getStatus().getCode();
        if (code != Status.Code.FAILED_PRECONDITION && code != Status.Code.NOT_FOUND) {
          throw e;
        }
      }
    }
  }
}
