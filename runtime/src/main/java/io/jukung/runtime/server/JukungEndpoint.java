package io.jukung.runtime.server;

import io.grpc.stub.StreamObserver;
import io.jukung.client.v1.JukungGrpc;
import io.jukung.client.v1.PullPlan;
import io.jukung.client.v1.PullProgress;
import io.jukung.client.v1.PullRequest;
import io.jukung.image.service.ExplainPull;
import io.jukung.image.service.Pull;

/** What jukung's own client asks beyond CRI. */
final class JukungEndpoint extends JukungGrpc.JukungImplBase {
  private final Pull pull;
  private final ExplainPull explainPull;

  JukungEndpoint(Pull pull, ExplainPull explainPull) {
    this.pull = pull;
    this.explainPull = explainPull;
  }

  @Override
  public void pull(PullRequest request, StreamObserver<PullProgress> answer) {
    Rpc.streaming(pull::call, request, answer);
  }

  @Override
  public void explainPull(PullRequest request, StreamObserver<PullPlan> answer) {
    Rpc.unary(explainPull::call, request, answer);
  }
}
