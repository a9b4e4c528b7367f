package io.jukung.runtime.server;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.jukung.client.v1.AgentFrame;
import io.jukung.client.v1.BuildProgress;
import io.jukung.client.v1.BuildRequest;
import io.jukung.client.v1.BuildsGrpc;
import io.jukung.client.v1.ContextDirectory;
import io.jukung.client.v1.FindContextResponse;
import io.jukung.client.v1.ListBuildCacheRequest;
import io.jukung.client.v1.ListBuildCacheResponse;
import io.jukung.client.v1.PruneBuildCacheRequest;
import io.jukung.client.v1.PruneBuildCacheResponse;
import io.jukung.runtime.build.AgentSessions;
import io.jukung.runtime.build.BuildCall;
import io.jukung.runtime.build.CachedSteps;
import io.jukung.runtime.rpc.Exchange;
import io.jukung.runtime.rpc.Rpc;
import io.jukung.runtime.rpc.Upload;

/** The service Builds of jukung.v1: images from Dockerfiles. */
final class BuildsEndpoint extends BuildsGrpc.BuildsImplBase {
  private final BuildCall build;
  private final AgentSessions agents;
  private final CachedSteps cached;

  BuildsEndpoint(BuildCall build, AgentSessions agents, CachedSteps cached) {
    this.build = build;
    this.agents = agents;
    this.cached = cached;
  }

  @Override
  public StreamObserver<BuildRequest> build(StreamObserver<BuildProgress> answer) {
    return Upload.answering(
        (ServerCallStreamObserver<BuildProgress>) answer,
        BuildRequest::getContext,
        (first, context, outlet) -> build.call(first.getOptions(), context, outlet));
  }

  @Override
  public void findContext(ContextDirectory request, StreamObserver<FindContextResponse> answer) {
    Rpc.unary(build::find, request, answer);
  }

  @Override
  public StreamObserver<AgentFrame> forwardAgents(StreamObserver<AgentFrame> answer) {
    return new Exchange<>(answer, agents::serve);
  }

  @Override
  public void listBuildCache(
      ListBuildCacheRequest request, StreamObserver<ListBuildCacheResponse> answer) {
    Rpc.unary(cached::list, request, answer);
  }

  @Override
  public void pruneBuildCache(
      PruneBuildCacheRequest request, StreamObserver<PruneBuildCacheResponse> answer) {
    Rpc.unary(cached::prune, request, answer);
  }
}
