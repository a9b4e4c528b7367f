package io.jukung.runtime.server;

import io.grpc.stub.StreamObserver;
import io.jukung.client.v1.CreateVolumeRequest;
import io.jukung.client.v1.CreateVolumeResponse;
import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.client.v1.ListVolumesResponse;
import io.jukung.client.v1.RemoveVolumeRequest;
import io.jukung.client.v1.RemoveVolumeResponse;
import io.jukung.client.v1.VolumesGrpc;
import io.jukung.runtime.rpc.Rpc;
import io.jukung.runtime.volume.CreateVolume;
import io.jukung.runtime.volume.ListVolumes;
import io.jukung.runtime.volume.RemoveVolume;
import io.jukung.runtime.volume.Volumes;

/** The service Volumes of jukung.v1: named directories that outlive containers. */
final class VolumesEndpoint extends VolumesGrpc.VolumesImplBase {
  private final CreateVolume create;
  private final ListVolumes list;
  private final RemoveVolume remove;

  VolumesEndpoint(Volumes volumes) {
    this.create = new CreateVolume(volumes);
    this.list = new ListVolumes(volumes);
    this.remove = new RemoveVolume(volumes);
  }

  @Override
  public void createVolume(
      CreateVolumeRequest request, StreamObserver<CreateVolumeResponse> answer) {
    Rpc.unary(create::call, request, answer);
  }

  @Override
  public void listVolumes(ListVolumesRequest request, StreamObserver<ListVolumesResponse> answer) {
    Rpc.unary(list::call, request, answer);
  }

  @Override
  public void removeVolume(
      RemoveVolumeRequest request, StreamObserver<RemoveVolumeResponse> answer) {
    Rpc.unary(remove::call, request, answer);
  }
}
