package io.jukung.cli.run;

import io.jukung.cli.command.Connection;
import io.jukung.cli.volume.AnonymousVolumes;
import io.jukung.client.v1.CreateVolumeRequest;
import io.jukung.client.v1.Volume;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.Mount;
import java.util.ArrayList;
import java.util.List;

/** Makes the volumes of one new container. */
final class VolumesOfRun {
  private final Connection connection;
  private final List<String> anonymous = new ArrayList<>();

  VolumesOfRun(Connection connection) {
    this.connection = connection;
  }

  /** Makes the volumes that do not exist yet, and adds their mounts to the container. */
  void addTo(ContainerConfig.Builder container, List<MountArgument> mounts) {
    for (MountArgument each : mounts) {
      if (each.kind() == MountArgument.Kind.VOLUME) {
        Volume volume = make(each);
        container.addMounts(
            Mount.newBuilder()
                .setHostPath(volume.getMountpoint())
                .setContainerPath(each.target())
                .setReadonly(each.readonly())
                // The content of a volume with options is not the daemon's to label.
                .setSelinuxRelabel(volume.getOptionsCount() == 0));
      }
    }
  }

  private Volume make(MountArgument mount) {
    Volume volume =
        connection
            .volumes()
            .createVolume(
                CreateVolumeRequest.newBuilder()
                    .setName(mount.source())
                    .putAllOptions(mount.options())
                    .putAllLabels(mount.labels())
                    .setForContainer(true)
                    .build())
            .getVolume();
    if (volume.getAnonymous() && mount.source().isEmpty()) {
      anonymous.add(volume.getName());
    }
    return volume;
  }

  /** Removes the anonymous volumes, which go with the container. */
  void removeAnonymous() {
    AnonymousVolumes.remove(connection, anonymous);
  }
}
