package io.jukung.runtime.server;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.jukung.client.v1.ArchivePart;
import io.jukung.client.v1.AwaitRequest;
import io.jukung.client.v1.AwaitResponse;
import io.jukung.client.v1.ConditionsRequest;
import io.jukung.client.v1.ConditionsResponse;
import io.jukung.client.v1.ContainersGrpc;
import io.jukung.client.v1.CopyInRequest;
import io.jukung.client.v1.CopyInResponse;
import io.jukung.client.v1.CopyOutRequest;
import io.jukung.client.v1.DiffRequest;
import io.jukung.client.v1.ExecAsRequest;
import io.jukung.client.v1.ExecAsResponse;
import io.jukung.client.v1.FileDifference;
import io.jukung.client.v1.KillRequest;
import io.jukung.client.v1.KillResponse;
import io.jukung.client.v1.PauseRequest;
import io.jukung.client.v1.PauseResponse;
import io.jukung.client.v1.PortsRequest;
import io.jukung.client.v1.PortsResponse;
import io.jukung.client.v1.RenameRequest;
import io.jukung.client.v1.RenameResponse;
import io.jukung.client.v1.SetRestartPolicyRequest;
import io.jukung.client.v1.SetRestartPolicyResponse;
import io.jukung.client.v1.StartRequest;
import io.jukung.client.v1.StartResponse;
import io.jukung.client.v1.StatPathRequest;
import io.jukung.client.v1.StatPathResponse;
import io.jukung.client.v1.TopRequest;
import io.jukung.client.v1.TopResponse;
import io.jukung.client.v1.UnpauseRequest;
import io.jukung.client.v1.UnpauseResponse;
import io.jukung.runtime.files.CopyIn;
import io.jukung.runtime.files.CopyOut;
import io.jukung.runtime.files.RootDifference;
import io.jukung.runtime.files.StatPath;
import io.jukung.runtime.life.AwaitContainer;
import io.jukung.runtime.life.Conditions;
import io.jukung.runtime.life.ExecAs;
import io.jukung.runtime.life.PauseContainer;
import io.jukung.runtime.life.ProcessList;
import io.jukung.runtime.life.PublishedPorts;
import io.jukung.runtime.life.RenameContainer;
import io.jukung.runtime.life.SetRestartPolicy;
import io.jukung.runtime.life.SignalContainer;
import io.jukung.runtime.life.StartAgain;
import io.jukung.runtime.rpc.Rpc;
import io.jukung.runtime.rpc.Upload;

/** The service Containers of jukung.v1: the life of a container beyond CRI. */
final class ContainersEndpoint extends ContainersGrpc.ContainersImplBase {
  /** The calls of the service. */
  record Calls(
      PauseContainer pauses,
      Conditions conditions,
      SignalContainer kill,
      AwaitContainer await,
      ProcessList top,
      PublishedPorts ports,
      RenameContainer rename,
      SetRestartPolicy restartPolicy,
      StartAgain start,
      RootDifference diff,
      StatPath statPath,
      CopyOut copyOut,
      CopyIn copyIn,
      ExecAs execAs) {}

  private final Calls calls;

  ContainersEndpoint(Calls calls) {
    this.calls = calls;
  }

  @Override
  public void pause(PauseRequest request, StreamObserver<PauseResponse> answer) {
    Rpc.unary(calls.pauses::pause, request, answer);
  }

  @Override
  public void unpause(UnpauseRequest request, StreamObserver<UnpauseResponse> answer) {
    Rpc.unary(calls.pauses::unpause, request, answer);
  }

  @Override
  public void conditions(ConditionsRequest request, StreamObserver<ConditionsResponse> answer) {
    Rpc.unary(calls.conditions::call, request, answer);
  }

  @Override
  public void kill(KillRequest request, StreamObserver<KillResponse> answer) {
    Rpc.unary(calls.kill::call, request, answer);
  }

  @Override
  public void await(AwaitRequest request, StreamObserver<AwaitResponse> answer) {
    Rpc.unary(calls.await::call, request, answer);
  }

  @Override
  public void top(TopRequest request, StreamObserver<TopResponse> answer) {
    Rpc.unary(calls.top::call, request, answer);
  }

  @Override
  public void ports(PortsRequest request, StreamObserver<PortsResponse> answer) {
    Rpc.unary(calls.ports::call, request, answer);
  }

  @Override
  public void rename(RenameRequest request, StreamObserver<RenameResponse> answer) {
    Rpc.unary(calls.rename::call, request, answer);
  }

  @Override
  public void setRestartPolicy(
      SetRestartPolicyRequest request, StreamObserver<SetRestartPolicyResponse> answer) {
    Rpc.unary(calls.restartPolicy::call, request, answer);
  }

  @Override
  public void diff(DiffRequest request, StreamObserver<FileDifference> answer) {
    Rpc.streaming(calls.diff::call, request, answer);
  }

  @Override
  public void statPath(StatPathRequest request, StreamObserver<StatPathResponse> answer) {
    Rpc.unary(calls.statPath::call, request, answer);
  }

  @Override
  public void copyOut(CopyOutRequest request, StreamObserver<ArchivePart> answer) {
    Rpc.subscription(calls.copyOut::call, request, answer);
  }

  @Override
  public StreamObserver<CopyInRequest> copyIn(StreamObserver<CopyInResponse> answer) {
    return new Upload<>(
        (ServerCallStreamObserver<CopyInResponse>) answer,
        CopyInRequest::getData,
        (first, archive) -> calls.copyIn.call(first.getTarget(), archive));
  }

  @Override
  public void start(StartRequest request, StreamObserver<StartResponse> answer) {
    Rpc.unary(calls.start::call, request, answer);
  }

  @Override
  public void execAs(ExecAsRequest request, StreamObserver<ExecAsResponse> answer) {
    Rpc.unary(calls.execAs::call, request, answer);
  }
}
