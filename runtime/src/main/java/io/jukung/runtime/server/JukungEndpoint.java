package io.jukung.runtime.server;

import io.grpc.stub.StreamObserver;
import io.jukung.client.v1.JukungGrpc;
import io.jukung.client.v1.PullProgress;
import io.jukung.client.v1.PullRequest;
import io.jukung.image.service.Pull;

/** What jukung's own client asks beyond CRI. */
final class JukungEndpoint extends JukungGrpc.JukungImplBase {
  private final Pull pull;

  JukungEndpoint(Pull pull) {
    this.pull = pull;
  }

  @Override
  public void pull(PullRequest request, StreamObserver<PullProgress> answer) {
    Rpc.streaming(pull::call, request, answer);
  }
}
