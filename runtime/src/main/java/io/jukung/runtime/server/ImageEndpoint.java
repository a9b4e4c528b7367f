package io.jukung.runtime.server;

import io.grpc.stub.StreamObserver;
import io.jukung.cri.v1.ImageFsInfoRequest;
import io.jukung.cri.v1.ImageFsInfoResponse;
import io.jukung.cri.v1.ImageServiceGrpc;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.cri.v1.ListImagesResponse;
import io.jukung.cri.v1.PullImageRequest;
import io.jukung.cri.v1.PullImageResponse;
import io.jukung.cri.v1.RemoveImageRequest;
import io.jukung.cri.v1.RemoveImageResponse;
import io.jukung.cri.v1.StreamImagesRequest;
import io.jukung.cri.v1.StreamImagesResponse;
import io.jukung.image.service.ImageFsInfo;
import io.jukung.image.service.ImageStatus;
import io.jukung.image.service.ListImages;
import io.jukung.image.service.PullImage;
import io.jukung.image.service.RemoveImage;
import io.jukung.image.service.StreamImages;
import io.jukung.runtime.rpc.Rpc;

/** CRI's ImageService. A call without a method here is answered with UNIMPLEMENTED. */
final class ImageEndpoint extends ImageServiceGrpc.ImageServiceImplBase {

  /** The calls of the service. */
  record Calls(
      ListImages listImages,
      StreamImages streamImages,
      ImageStatus imageStatus,
      PullImage pullImage,
      RemoveImage removeImage,
      ImageFsInfo imageFsInfo) {}

  private final Calls calls;

  ImageEndpoint(Calls calls) {
    this.calls = calls;
  }

  @Override
  public void listImages(ListImagesRequest request, StreamObserver<ListImagesResponse> answer) {
    Rpc.quick(calls.listImages::call, request, answer);
  }

  @Override
  public void streamImages(
      StreamImagesRequest request, StreamObserver<StreamImagesResponse> answer) {
    Rpc.streaming(calls.streamImages::call, request, answer);
  }

  @Override
  public void imageStatus(ImageStatusRequest request, StreamObserver<ImageStatusResponse> answer) {
    if (request.getVerbose()) { // writes JSON
      Rpc.unary(calls.imageStatus::call, request, answer);
    } else {
      Rpc.quick(calls.imageStatus::call, request, answer);
    }
  }

  @Override
  public void pullImage(PullImageRequest request, StreamObserver<PullImageResponse> answer) {
    Rpc.unary(calls.pullImage::call, request, answer);
  }

  @Override
  public void removeImage(RemoveImageRequest request, StreamObserver<RemoveImageResponse> answer) {
    Rpc.unary(calls.removeImage::call, request, answer);
  }

  @Override
  public void imageFsInfo(ImageFsInfoRequest request, StreamObserver<ImageFsInfoResponse> answer) {
    Rpc.unary(calls.imageFsInfo::call, request, answer);
  }
}
