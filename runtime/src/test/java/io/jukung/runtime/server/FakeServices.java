package io.jukung.runtime.server;

import io.grpc.stub.StreamObserver;
import io.jukung.cri.v1.ImageServiceGrpc;
import io.jukung.cri.v1.PullImageRequest;
import io.jukung.cri.v1.PullImageResponse;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.cri.v1.StopContainerRequest;
import io.jukung.cri.v1.StopContainerResponse;
import io.jukung.cri.v1.StreamContainersRequest;
import io.jukung.cri.v1.StreamContainersResponse;
import io.jukung.runtime.rpc.Rpc;

/** Service classes as the daemon's, over calls that a test supplies. */
final class FakeServices {
  private FakeServices() {}

  static final class FakeRuntime extends RuntimeServiceGrpc.RuntimeServiceImplBase {
    volatile Rpc.Call<StopContainerRequest, StopContainerResponse> stop =
        request -> StopContainerResponse.getDefaultInstance();
    volatile Rpc.StreamingCall<StreamContainersRequest, StreamContainersResponse> stream =
        (request, sink) -> {};

    @Override
    public void stopContainer(
        StopContainerRequest request, StreamObserver<StopContainerResponse> answer) {
      Rpc.unary(stop, request, answer);
    }

    @Override
    public void streamContainers(
        StreamContainersRequest request, StreamObserver<StreamContainersResponse> answer) {
      Rpc.streaming(stream, request, answer);
    }
  }

  static final class FakeImages extends ImageServiceGrpc.ImageServiceImplBase {
    @Override
    public void pullImage(PullImageRequest request, StreamObserver<PullImageResponse> answer) {
      Rpc.unary(r -> PullImageResponse.newBuilder().setImageRef("x").build(), request, answer);
    }
  }
}
