package io.jukung.runtime.volume;

import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.client.v1.ListVolumesResponse;
import io.jukung.client.v1.Volume;
import java.io.IOException;
import java.util.List;

/** ListVolumes: shows the volumes, with the containers that use them. */
public final class ListVolumes {
  private final Volumes volumes;

  public ListVolumes(Volumes volumes) {
    this.volumes = volumes;
  }

  public ListVolumesResponse call(ListVolumesRequest request) throws IOException {
    List<VolumeRecord> asked =
        request.getName().isEmpty()
            ? volumes.all()
            : volumes.find(request.getName()).stream().toList();
    ListVolumesResponse.Builder response = ListVolumesResponse.newBuilder();
    for (VolumeRecord each : asked) {
      response.addVolumes(view(volumes, each, request.getWithSizes()));
    }
    return response.build();
  }

  static Volume view(Volumes volumes, VolumeRecord record, boolean withSize) throws IOException {
    return Volume.newBuilder()
        .setName(record.name())
        .setDriver(CreateVolume.LOCAL)
        .setMountpoint(volumes.data(record).toString())
        .setCreatedAt(record.createdAt())
        .putAllOptions(record.options())
        .putAllLabels(record.labels())
        .setAnonymous(record.anonymous())
        .addAllContainerIds(volumes.users(record))
        .setSizeBytes(withSize ? volumes.usage(record).bytes() : 0)
        .build();
  }
}
