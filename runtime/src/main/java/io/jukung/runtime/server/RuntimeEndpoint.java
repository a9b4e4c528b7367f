package io.jukung.runtime.server;

import io.grpc.stub.StreamObserver;
import io.jukung.cri.v1.AttachRequest;
import io.jukung.cri.v1.AttachResponse;
import io.jukung.cri.v1.CheckpointContainerRequest;
import io.jukung.cri.v1.CheckpointContainerResponse;
import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.cri.v1.ContainerStatsRequest;
import io.jukung.cri.v1.ContainerStatsResponse;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.ContainerStatusResponse;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.CreateContainerResponse;
import io.jukung.cri.v1.ExecRequest;
import io.jukung.cri.v1.ExecResponse;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.ExecSyncResponse;
import io.jukung.cri.v1.GetEventsRequest;
import io.jukung.cri.v1.ListContainerStatsRequest;
import io.jukung.cri.v1.ListContainerStatsResponse;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListContainersResponse;
import io.jukung.cri.v1.ListMetricDescriptorsRequest;
import io.jukung.cri.v1.ListMetricDescriptorsResponse;
import io.jukung.cri.v1.ListPodSandboxMetricsRequest;
import io.jukung.cri.v1.ListPodSandboxMetricsResponse;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.ListPodSandboxResponse;
import io.jukung.cri.v1.ListPodSandboxStatsRequest;
import io.jukung.cri.v1.ListPodSandboxStatsResponse;
import io.jukung.cri.v1.PodSandboxStatsRequest;
import io.jukung.cri.v1.PodSandboxStatsResponse;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import io.jukung.cri.v1.PodSandboxStatusResponse;
import io.jukung.cri.v1.PortForwardRequest;
import io.jukung.cri.v1.PortForwardResponse;
import io.jukung.cri.v1.RemoveContainerRequest;
import io.jukung.cri.v1.RemoveContainerResponse;
import io.jukung.cri.v1.RemovePodSandboxRequest;
import io.jukung.cri.v1.RemovePodSandboxResponse;
import io.jukung.cri.v1.ReopenContainerLogRequest;
import io.jukung.cri.v1.ReopenContainerLogResponse;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.RunPodSandboxResponse;
import io.jukung.cri.v1.RuntimeConfigRequest;
import io.jukung.cri.v1.RuntimeConfigResponse;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.cri.v1.StartContainerRequest;
import io.jukung.cri.v1.StartContainerResponse;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.cri.v1.StatusResponse;
import io.jukung.cri.v1.StopContainerRequest;
import io.jukung.cri.v1.StopContainerResponse;
import io.jukung.cri.v1.StopPodSandboxRequest;
import io.jukung.cri.v1.StopPodSandboxResponse;
import io.jukung.cri.v1.StreamContainerStatsRequest;
import io.jukung.cri.v1.StreamContainerStatsResponse;
import io.jukung.cri.v1.StreamContainersRequest;
import io.jukung.cri.v1.StreamContainersResponse;
import io.jukung.cri.v1.StreamPodSandboxMetricsRequest;
import io.jukung.cri.v1.StreamPodSandboxMetricsResponse;
import io.jukung.cri.v1.StreamPodSandboxStatsRequest;
import io.jukung.cri.v1.StreamPodSandboxStatsResponse;
import io.jukung.cri.v1.StreamPodSandboxesRequest;
import io.jukung.cri.v1.StreamPodSandboxesResponse;
import io.jukung.cri.v1.UpdateContainerResourcesRequest;
import io.jukung.cri.v1.UpdateContainerResourcesResponse;
import io.jukung.cri.v1.UpdatePodSandboxResourcesRequest;
import io.jukung.cri.v1.UpdatePodSandboxResourcesResponse;
import io.jukung.cri.v1.UpdateRuntimeConfigRequest;
import io.jukung.cri.v1.UpdateRuntimeConfigResponse;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.cri.v1.VersionResponse;
import io.jukung.runtime.rpc.Rpc;
import io.jukung.runtime.service.Attach;
import io.jukung.runtime.service.CheckpointContainer;
import io.jukung.runtime.service.ContainerStats;
import io.jukung.runtime.service.ContainerStatus;
import io.jukung.runtime.service.CreateContainer;
import io.jukung.runtime.service.Exec;
import io.jukung.runtime.service.ExecSync;
import io.jukung.runtime.service.GetContainerEvents;
import io.jukung.runtime.service.ListContainerStats;
import io.jukung.runtime.service.ListContainers;
import io.jukung.runtime.service.ListMetricDescriptors;
import io.jukung.runtime.service.ListPodSandbox;
import io.jukung.runtime.service.ListPodSandboxMetrics;
import io.jukung.runtime.service.ListPodSandboxStats;
import io.jukung.runtime.service.PodSandboxStats;
import io.jukung.runtime.service.PodSandboxStatus;
import io.jukung.runtime.service.PortForward;
import io.jukung.runtime.service.RemoveContainer;
import io.jukung.runtime.service.RemovePodSandbox;
import io.jukung.runtime.service.ReopenContainerLog;
import io.jukung.runtime.service.RunPodSandbox;
import io.jukung.runtime.service.RuntimeConfig;
import io.jukung.runtime.service.StartContainer;
import io.jukung.runtime.service.Status;
import io.jukung.runtime.service.StopContainer;
import io.jukung.runtime.service.StopPodSandbox;
import io.jukung.runtime.service.StreamContainerStats;
import io.jukung.runtime.service.StreamContainers;
import io.jukung.runtime.service.StreamPodSandboxMetrics;
import io.jukung.runtime.service.StreamPodSandboxStats;
import io.jukung.runtime.service.StreamPodSandboxes;
import io.jukung.runtime.service.UpdateContainerResources;
import io.jukung.runtime.service.UpdatePodSandboxResources;
import io.jukung.runtime.service.UpdateRuntimeConfig;
import io.jukung.runtime.service.Version;

/** CRI's RuntimeService. A call without a method here is answered with UNIMPLEMENTED. */
final class RuntimeEndpoint extends RuntimeServiceGrpc.RuntimeServiceImplBase {

  /** The calls about pods and containers. */
  record Calls(
      Version version,
      Status status,
      RuntimeConfig runtimeConfig,
      UpdateRuntimeConfig updateRuntimeConfig,
      RunPodSandbox runPodSandbox,
      StopPodSandbox stopPodSandbox,
      RemovePodSandbox removePodSandbox,
      PodSandboxStatus podSandboxStatus,
      ListPodSandbox listPodSandbox,
      StreamPodSandboxes streamPodSandboxes,
      CreateContainer createContainer,
      StartContainer startContainer,
      StopContainer stopContainer,
      RemoveContainer removeContainer,
      ListContainers listContainers,
      StreamContainers streamContainers,
      ContainerStatus containerStatus,
      UpdateContainerResources updateContainerResources,
      UpdatePodSandboxResources updatePodSandboxResources,
      ReopenContainerLog reopenContainerLog,
      CheckpointContainer checkpointContainer,
      ExecSync execSync,
      Exec exec,
      Attach attach,
      PortForward portForward,
      GetContainerEvents getContainerEvents) {}

  /** The calls about the resources that pods and containers use. */
  record UsageCalls(
      ContainerStats containerStats,
      ListContainerStats listContainerStats,
      StreamContainerStats streamContainerStats,
      PodSandboxStats podSandboxStats,
      ListPodSandboxStats listPodSandboxStats,
      StreamPodSandboxStats streamPodSandboxStats,
      ListMetricDescriptors listMetricDescriptors,
      ListPodSandboxMetrics listPodSandboxMetrics,
      StreamPodSandboxMetrics streamPodSandboxMetrics) {}

  private final Calls calls;
  private final UsageCalls usage;

  RuntimeEndpoint(Calls calls, UsageCalls usage) {
    this.calls = calls;
    this.usage = usage;
  }

  @Override
  public void version(VersionRequest request, StreamObserver<VersionResponse> answer) {
    Rpc.quick(calls.version::call, request, answer);
  }

  @Override
  public void status(StatusRequest request, StreamObserver<StatusResponse> answer) {
    Rpc.unary(calls.status::call, request, answer);
  }

  @Override
  public void runtimeConfig(
      RuntimeConfigRequest request, StreamObserver<RuntimeConfigResponse> answer) {
    Rpc.quick(calls.runtimeConfig::call, request, answer);
  }

  @Override
  public void updateRuntimeConfig(
      UpdateRuntimeConfigRequest request, StreamObserver<UpdateRuntimeConfigResponse> answer) {
    Rpc.unary(calls.updateRuntimeConfig::call, request, answer);
  }

  @Override
  public void runPodSandbox(
      RunPodSandboxRequest request, StreamObserver<RunPodSandboxResponse> answer) {
    Rpc.unary(calls.runPodSandbox::call, request, answer);
  }

  @Override
  public void stopPodSandbox(
      StopPodSandboxRequest request, StreamObserver<StopPodSandboxResponse> answer) {
    Rpc.unary(calls.stopPodSandbox::call, request, answer);
  }

  @Override
  public void removePodSandbox(
      RemovePodSandboxRequest request, StreamObserver<RemovePodSandboxResponse> answer) {
    Rpc.unary(calls.removePodSandbox::call, request, answer);
  }

  @Override
  public void podSandboxStatus(
      PodSandboxStatusRequest request, StreamObserver<PodSandboxStatusResponse> answer) {
    if (request.getVerbose()) { // reads files
      Rpc.unary(calls.podSandboxStatus::call, request, answer);
    } else {
      Rpc.encoded(calls.podSandboxStatus::encoded, request, answer);
    }
  }

  @Override
  public void listPodSandbox(
      ListPodSandboxRequest request, StreamObserver<ListPodSandboxResponse> answer) {
    Rpc.encoded(calls.listPodSandbox::encoded, request, answer);
  }

  @Override
  public void streamPodSandboxes(
      StreamPodSandboxesRequest request, StreamObserver<StreamPodSandboxesResponse> answer) {
    Rpc.streaming(calls.streamPodSandboxes::call, request, answer);
  }

  @Override
  public void createContainer(
      CreateContainerRequest request, StreamObserver<CreateContainerResponse> answer) {
    Rpc.unary(calls.createContainer::call, request, answer);
  }

  @Override
  public void startContainer(
      StartContainerRequest request, StreamObserver<StartContainerResponse> answer) {
    Rpc.unary(calls.startContainer::call, request, answer);
  }

  @Override
  public void stopContainer(
      StopContainerRequest request, StreamObserver<StopContainerResponse> answer) {
    Rpc.unary(calls.stopContainer::call, request, answer);
  }

  @Override
  public void removeContainer(
      RemoveContainerRequest request, StreamObserver<RemoveContainerResponse> answer) {
    Rpc.unary(calls.removeContainer::call, request, answer);
  }

  @Override
  public void listContainers(
      ListContainersRequest request, StreamObserver<ListContainersResponse> answer) {
    Rpc.encoded(calls.listContainers::encoded, request, answer);
  }

  @Override
  public void streamContainers(
      StreamContainersRequest request, StreamObserver<StreamContainersResponse> answer) {
    Rpc.streaming(calls.streamContainers::call, request, answer);
  }

  @Override
  public void containerStatus(
      ContainerStatusRequest request, StreamObserver<ContainerStatusResponse> answer) {
    if (request.getVerbose()) { // reads files
      Rpc.unary(calls.containerStatus::call, request, answer);
    } else {
      Rpc.encoded(calls.containerStatus::encoded, request, answer);
    }
  }

  @Override
  public void reopenContainerLog(
      ReopenContainerLogRequest request, StreamObserver<ReopenContainerLogResponse> answer) {
    Rpc.unary(calls.reopenContainerLog::call, request, answer);
  }

  @Override
  public void updateContainerResources(
      UpdateContainerResourcesRequest request,
      StreamObserver<UpdateContainerResourcesResponse> answer) {
    Rpc.unary(calls.updateContainerResources::call, request, answer);
  }

  @Override
  public void updatePodSandboxResources(
      UpdatePodSandboxResourcesRequest request,
      StreamObserver<UpdatePodSandboxResourcesResponse> answer) {
    Rpc.unary(calls.updatePodSandboxResources::call, request, answer);
  }

  @Override
  public void checkpointContainer(
      CheckpointContainerRequest request, StreamObserver<CheckpointContainerResponse> answer) {
    Rpc.unary(calls.checkpointContainer::call, request, answer);
  }

  @Override
  public void execSync(ExecSyncRequest request, StreamObserver<ExecSyncResponse> answer) {
    Rpc.unary(calls.execSync::call, request, answer);
  }

  @Override
  public void exec(ExecRequest request, StreamObserver<ExecResponse> answer) {
    Rpc.unary(calls.exec::call, request, answer);
  }

  @Override
  public void attach(AttachRequest request, StreamObserver<AttachResponse> answer) {
    Rpc.unary(calls.attach::call, request, answer);
  }

  @Override
  public void portForward(PortForwardRequest request, StreamObserver<PortForwardResponse> answer) {
    Rpc.unary(calls.portForward::call, request, answer);
  }

  @Override
  public void getContainerEvents(
      GetEventsRequest request, StreamObserver<ContainerEventResponse> answer) {
    Rpc.subscription(calls.getContainerEvents::call, request, answer);
  }

  @Override
  public void containerStats(
      ContainerStatsRequest request, StreamObserver<ContainerStatsResponse> answer) {
    Rpc.unary(usage.containerStats::call, request, answer);
  }

  @Override
  public void listContainerStats(
      ListContainerStatsRequest request, StreamObserver<ListContainerStatsResponse> answer) {
    Rpc.unary(usage.listContainerStats::call, request, answer);
  }

  @Override
  public void streamContainerStats(
      StreamContainerStatsRequest request, StreamObserver<StreamContainerStatsResponse> answer) {
    Rpc.streaming(usage.streamContainerStats::call, request, answer);
  }

  @Override
  public void podSandboxStats(
      PodSandboxStatsRequest request, StreamObserver<PodSandboxStatsResponse> answer) {
    Rpc.unary(usage.podSandboxStats::call, request, answer);
  }

  @Override
  public void listPodSandboxStats(
      ListPodSandboxStatsRequest request, StreamObserver<ListPodSandboxStatsResponse> answer) {
    Rpc.unary(usage.listPodSandboxStats::call, request, answer);
  }

  @Override
  public void streamPodSandboxStats(
      StreamPodSandboxStatsRequest request, StreamObserver<StreamPodSandboxStatsResponse> answer) {
    Rpc.streaming(usage.streamPodSandboxStats::call, request, answer);
  }

  @Override
  public void listMetricDescriptors(
      ListMetricDescriptorsRequest request, StreamObserver<ListMetricDescriptorsResponse> answer) {
    Rpc.quick(usage.listMetricDescriptors::call, request, answer);
  }

  @Override
  public void listPodSandboxMetrics(
      ListPodSandboxMetricsRequest request, StreamObserver<ListPodSandboxMetricsResponse> answer) {
    Rpc.unary(usage.listPodSandboxMetrics::call, request, answer);
  }

  @Override
  public void streamPodSandboxMetrics(
      StreamPodSandboxMetricsRequest request,
      StreamObserver<StreamPodSandboxMetricsResponse> answer) {
    Rpc.streaming(usage.streamPodSandboxMetrics::call, request, answer);
  }
}
