package io.jukung.runtime.server;

import io.grpc.stub.StreamObserver;
import io.jukung.client.v1.CommitRequest;
import io.jukung.client.v1.CommitResponse;
import io.jukung.client.v1.HistoryRequest;
import io.jukung.client.v1.HistoryResponse;
import io.jukung.client.v1.ImagesGrpc;
import io.jukung.client.v1.LoginRequest;
import io.jukung.client.v1.LoginResponse;
import io.jukung.client.v1.LogoutRequest;
import io.jukung.client.v1.LogoutResponse;
import io.jukung.client.v1.PushProgress;
import io.jukung.client.v1.PushRequest;
import io.jukung.client.v1.ResolveRequest;
import io.jukung.client.v1.ResolveResponse;
import io.jukung.image.service.History;
import io.jukung.image.service.Login;
import io.jukung.image.service.Push;
import io.jukung.image.service.Resolve;
import io.jukung.runtime.container.CommitContainer;
import io.jukung.runtime.rpc.Rpc;

/** The service Images of jukung.v1: images that are made on this node, and their way out. */
final class ImagesEndpoint extends ImagesGrpc.ImagesImplBase {
  /** The calls of the service. */
  record Calls(Push push, Login login, CommitContainer commit, History history, Resolve resolve) {}

  private final Calls calls;

  ImagesEndpoint(Calls calls) {
    this.calls = calls;
  }

  @Override
  public void push(PushRequest request, StreamObserver<PushProgress> answer) {
    Rpc.streaming(calls.push::call, request, answer);
  }

  @Override
  public void login(LoginRequest request, StreamObserver<LoginResponse> answer) {
    Rpc.unary(calls.login::logIn, request, answer);
  }

  @Override
  public void logout(LogoutRequest request, StreamObserver<LogoutResponse> answer) {
    Rpc.unary(calls.login::logOut, request, answer);
  }

  @Override
  public void commit(CommitRequest request, StreamObserver<CommitResponse> answer) {
    Rpc.unary(calls.commit::call, request, answer);
  }

  @Override
  public void history(HistoryRequest request, StreamObserver<HistoryResponse> answer) {
    Rpc.unary(calls.history::call, request, answer);
  }

  @Override
  public void resolve(ResolveRequest request, StreamObserver<ResolveResponse> answer) {
    Rpc.unary(calls.resolve::call, request, answer);
  }
}
