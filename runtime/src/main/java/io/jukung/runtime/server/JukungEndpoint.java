package io.jukung.runtime.server;

import io.grpc.stub.StreamObserver;
import io.jukung.client.v1.CheckFinding;
import io.jukung.client.v1.CheckRequest;
import io.jukung.client.v1.DiagnoseRequest;
import io.jukung.client.v1.Diagnosis;
import io.jukung.client.v1.ExportRequest;
import io.jukung.client.v1.ExportResponse;
import io.jukung.client.v1.ImportRequest;
import io.jukung.client.v1.ImportResponse;
import io.jukung.client.v1.JukungGrpc;
import io.jukung.client.v1.ListCreationsRequest;
import io.jukung.client.v1.ListCreationsResponse;
import io.jukung.client.v1.ListPullsRequest;
import io.jukung.client.v1.ListPullsResponse;
import io.jukung.client.v1.PullPlan;
import io.jukung.client.v1.PullProgress;
import io.jukung.client.v1.PullRequest;
import io.jukung.client.v1.TagRequest;
import io.jukung.client.v1.TagResponse;
import io.jukung.client.v1.UntagRequest;
import io.jukung.client.v1.UntagResponse;
import io.jukung.client.v1.UsageRequest;
import io.jukung.client.v1.UsageResponse;
import io.jukung.image.service.Check;
import io.jukung.image.service.ExplainPull;
import io.jukung.image.service.Export;
import io.jukung.image.service.Import;
import io.jukung.image.service.ListPulls;
import io.jukung.image.service.Pull;
import io.jukung.image.service.Tag;
import io.jukung.image.service.Untag;
import io.jukung.image.service.Usage;
import io.jukung.runtime.doctor.Diagnose;
import io.jukung.runtime.pod.ListCreations;
import io.jukung.runtime.rpc.Rpc;

/** The jukung.v1 service: what jukung's own client needs beyond CRI. */
final class JukungEndpoint extends JukungGrpc.JukungImplBase {
  /** The calls of the service. */
  record Calls(
      Pull pull,
      ExplainPull explainPull,
      ListPulls listPulls,
      Import imports,
      Export export,
      Tag tag,
      Untag untag,
      Check check,
      Usage usage,
      Diagnose diagnose,
      ListCreations listCreations) {}

  private final Calls calls;

  JukungEndpoint(Calls calls) {
    this.calls = calls;
  }

  @Override
  public void pull(PullRequest request, StreamObserver<PullProgress> answer) {
    Rpc.streaming(calls.pull::call, request, answer);
  }

  @Override
  public void listPulls(ListPullsRequest request, StreamObserver<ListPullsResponse> answer) {
    Rpc.unary(calls.listPulls::call, request, answer);
  }

  @Override
  public void listCreations(
      ListCreationsRequest request, StreamObserver<ListCreationsResponse> answer) {
    Rpc.unary(calls.listCreations::call, request, answer);
  }

  @Override
  public void import_(ImportRequest request, StreamObserver<ImportResponse> answer) {
    Rpc.unary(calls.imports::call, request, answer);
  }

  @Override
  public void export(ExportRequest request, StreamObserver<ExportResponse> answer) {
    Rpc.unary(calls.export::call, request, answer);
  }

  @Override
  public void tag(TagRequest request, StreamObserver<TagResponse> answer) {
    Rpc.unary(calls.tag::call, request, answer);
  }

  @Override
  public void untag(UntagRequest request, StreamObserver<UntagResponse> answer) {
    Rpc.unary(calls.untag::call, request, answer);
  }

  @Override
  public void check(CheckRequest request, StreamObserver<CheckFinding> answer) {
    Rpc.streaming(calls.check::call, request, answer);
  }

  @Override
  public void diagnose(DiagnoseRequest request, StreamObserver<Diagnosis> answer) {
    Rpc.streaming(calls.diagnose::call, request, answer);
  }

  @Override
  public void usage(UsageRequest request, StreamObserver<UsageResponse> answer) {
    Rpc.unary(calls.usage::call, request, answer);
  }

  @Override
  public void explainPull(PullRequest request, StreamObserver<PullPlan> answer) {
    Rpc.unary(calls.explainPull::call, request, answer);
  }
}
