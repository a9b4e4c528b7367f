package io.jukung.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.jukung.client.v1.BlobProgress;
import io.jukung.client.v1.CheckFinding;
import io.jukung.client.v1.CheckRequest;
import io.jukung.client.v1.CommitRequest;
import io.jukung.client.v1.CommitResponse;
import io.jukung.client.v1.Creation;
import io.jukung.client.v1.DiagnoseRequest;
import io.jukung.client.v1.Diagnosis;
import io.jukung.client.v1.ExportRequest;
import io.jukung.client.v1.ExportResponse;
import io.jukung.client.v1.HistoryRequest;
import io.jukung.client.v1.HistoryResponse;
import io.jukung.client.v1.HistoryStep;
import io.jukung.client.v1.ImagesGrpc;
import io.jukung.client.v1.ImportRequest;
import io.jukung.client.v1.ImportResponse;
import io.jukung.client.v1.JukungGrpc;
import io.jukung.client.v1.LayerProgress;
import io.jukung.client.v1.ListCreationsRequest;
import io.jukung.client.v1.ListCreationsResponse;
import io.jukung.client.v1.LoginRequest;
import io.jukung.client.v1.LoginResponse;
import io.jukung.client.v1.LogoutRequest;
import io.jukung.client.v1.LogoutResponse;
import io.jukung.client.v1.PlannedHost;
import io.jukung.client.v1.PullPlan;
import io.jukung.client.v1.PullProgress;
import io.jukung.client.v1.PullRequest;
import io.jukung.client.v1.PushProgress;
import io.jukung.client.v1.PushRequest;
import io.jukung.client.v1.TagRequest;
import io.jukung.client.v1.TagResponse;
import io.jukung.client.v1.UsageRequest;
import io.jukung.client.v1.UsageResponse;
import io.jukung.cri.v1.*;
import io.jukung.cri.v1.CheckpointContainerRequest;
import io.jukung.cri.v1.CheckpointContainerResponse;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerFilter;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.ContainerStatusResponse;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.ExecSyncResponse;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ImageServiceGrpc;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListContainersResponse;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.cri.v1.ListImagesResponse;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.ListPodSandboxResponse;
import io.jukung.cri.v1.PodSandbox;
import io.jukung.cri.v1.PodSandboxMetadata;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import io.jukung.cri.v1.PullImageRequest;
import io.jukung.cri.v1.RemoveContainerRequest;
import io.jukung.cri.v1.RemoveImageRequest;
import io.jukung.cri.v1.RemovePodSandboxRequest;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.RuntimeCondition;
import io.jukung.cri.v1.RuntimeHandler;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.cri.v1.StartContainerRequest;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.cri.v1.StatusResponse;
import io.jukung.cri.v1.StopContainerRequest;
import io.jukung.cri.v1.StopPodSandboxRequest;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.cri.v1.VersionResponse;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A CRI server on a real unix socket that runs no containers: it keeps pods, containers and images
 * in memory, records every request, and fails the kinds of calls that a test chooses.
 */
final class FakeCri implements AutoCloseable {
  /** The time of a test's clock. Pods and containers are made about a minute before. */
  static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");

  static final long A_MINUTE_AGO = (NOW.getEpochSecond() - 60) * 1_000_000_000L;

  final List<Message> requests = new ArrayList<>();
  private volatile String importedContent = "";
  final Map<String, PodSandboxStatus> pods = new LinkedHashMap<>();
  final Map<String, ContainerStatus> containers = new LinkedHashMap<>();
  final Map<String, String> podOf = new HashMap<>();
  final Map<String, Image> images = new LinkedHashMap<>();

  /** The lines that a started container writes to its log. */
  final List<String> output = new ArrayList<>();

  /** The exit code of a started container; null: the container keeps running. */
  @Nullable Integer exitCode = 0;

  boolean outOfMemory;

  /** Whether the server has jukung's own service beside CRI's. */
  boolean knowsJukung = true;

  /** Whether a check of the image store finds a problem. */
  boolean damaged = true;

  /** The findings that the call Diagnose answers with. */
  final List<Diagnosis> diagnoses = new ArrayList<>();

  /** What GetContainerEvents answers before it ends with a status. */
  final List<ContainerEventResponse> events = new ArrayList<>();

  /** The readings of usage; after the last one, the daemon ends. */
  final Deque<ListPodSandboxStatsResponse> podStats = new ConcurrentLinkedDeque<>();

  /** What is being made. */
  final List<Creation> creations = new ArrayList<>();

  Status endOfEvents = Status.UNAVAILABLE.withDescription("the daemon is stopping");

  private final Map<Class<? extends Message>, Status> failures = new HashMap<>();
  private final EventLoopGroup eventLoop =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Server server;
  private final Path socket;
  private int next = 1;

  FakeCri(Path socket) throws IOException {
    this.socket = socket;
    server =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioServerDomainSocketChannel.class)
            .bossEventLoopGroup(eventLoop)
            .workerEventLoopGroup(eventLoop)
            .addService(new RuntimeFake())
            .addService(new ImagesFake())
            .addService(new JukungFake())
            .addService(new MadeImagesFake())
            .build()
            .start();
  }

  Path socket() {
    return socket;
  }

  void failOn(Class<? extends Message> request, Status status) {
    failures.put(request, status);
  }

  /** Returns what the file of the last import contained. */
  String importedContent() {
    return importedContent;
  }

  synchronized <T extends Message> List<T> requests(Class<T> type) {
    return requests.stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** Replaces a container's status; null removes the container. */
  synchronized void replace(String id, @Nullable ContainerStatus status) {
    if (status == null) {
      containers.remove(id);
    } else {
      containers.put(id, status);
    }
  }

  synchronized ContainerStatus onlyContainer() {
    return containers.values().iterator().next();
  }

  synchronized void addImage(String id, String... tags) {
    images.put(
        id, Image.newBuilder().setId(id).addAllRepoTags(List.of(tags)).setSize(4_210_000).build());
  }

  synchronized String addPod(String name, Map<String, String> labels) {
    String id = "%064x".formatted(0xf000 + next++);
    pods.put(
        id,
        PodSandboxStatus.newBuilder()
            .setId(id)
            .setMetadata(PodSandboxMetadata.newBuilder().setName(name).setNamespace("default"))
            .setState(PodSandboxState.SANDBOX_READY)
            .setCreatedAt(A_MINUTE_AGO + next)
            .putAllLabels(labels)
            .setNetwork(PodSandboxNetworkStatus.newBuilder().setIp("10.1.2.3"))
            .build());
    return id;
  }

  synchronized String addContainer(String pod, ContainerStatus.Builder status) {
    String id = "%064x".formatted(0xc000 + next++);
    containers.put(id, status.setId(id).setCreatedAt(A_MINUTE_AGO + next).build());
    podOf.put(id, pod);
    return id;
  }

  @Override
  public void close() throws InterruptedException {
    server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    var _ = eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  private interface Answer<R> {
    R get();
  }

  private synchronized <R> void answer(
      Message request, StreamObserver<R> observer, Answer<R> answer) {
    requests.add(request);
    Status failure = failures.get(request.getClass());
    if (failure != null) {
      observer.onError(failure.asRuntimeException());
      return;
    }
    try {
      observer.onNext(answer.get());
      observer.onCompleted();
    } catch (io.grpc.StatusRuntimeException e) {
      observer.onError(e);
    }
  }

  private <T> T known(Map<String, T> all, String id) {
    T found = all.get(id);
    if (found == null) {
      throw Status.NOT_FOUND.withDescription("no such thing: " + id).asRuntimeException();
    }
    return found;
  }

  private final class RuntimeFake extends RuntimeServiceGrpc.RuntimeServiceImplBase {
    @Override
    public void getContainerEvents(
        GetEventsRequest request, StreamObserver<ContainerEventResponse> observer) {
      events.forEach(observer::onNext);
      observer.onError(endOfEvents.asRuntimeException());
    }

    @Override
    public void listPodSandboxStats(
        ListPodSandboxStatsRequest request, StreamObserver<ListPodSandboxStatsResponse> observer) {
      ListPodSandboxStatsResponse next = podStats.poll();
      if (next == null) {
        observer.onError(endOfEvents.asRuntimeException());
        return;
      }
      observer.onNext(next);
      observer.onCompleted();
    }

    @Override
    public void version(VersionRequest request, StreamObserver<VersionResponse> observer) {
      answer(
          request,
          observer,
          () ->
              VersionResponse.newBuilder()
                  .setVersion("0.1.0")
                  .setRuntimeName("fake")
                  .setRuntimeVersion("1.2.3")
                  .setRuntimeApiVersion("v1")
                  .build());
    }

    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> observer) {
      answer(
          request,
          observer,
          () ->
              StatusResponse.newBuilder()
                  .setStatus(
                      RuntimeStatus.newBuilder()
                          .addConditions(
                              RuntimeCondition.newBuilder().setType("RuntimeReady").setStatus(true))
                          .addConditions(
                              RuntimeCondition.newBuilder()
                                  .setType("NetworkReady")
                                  .setReason("NoConfig")
                                  .setMessage("no network configuration in /etc/cni/net.d")))
                  .putInfo("config", "{\"root\":\"/var/lib/jukung\"}")
                  .addRuntimeHandlers(
                      RuntimeHandler.newBuilder()
                          .setFeatures(
                              RuntimeHandlerFeatures.newBuilder().setRecursiveReadOnlyMounts(true)))
                  .build());
    }

    @Override
    public void runPodSandbox(
        RunPodSandboxRequest request, StreamObserver<RunPodSandboxResponse> observer) {
      answer(
          request,
          observer,
          () ->
              RunPodSandboxResponse.newBuilder()
                  .setPodSandboxId(
                      addPod(
                          request.getConfig().getMetadata().getName(),
                          request.getConfig().getLabelsMap()))
                  .build());
    }

    @Override
    public void stopPodSandbox(
        StopPodSandboxRequest request, StreamObserver<StopPodSandboxResponse> observer) {
      answer(
          request,
          observer,
          () -> {
            pods.computeIfPresent(
                request.getPodSandboxId(),
                (_, pod) -> pod.toBuilder().setState(PodSandboxState.SANDBOX_NOTREADY).build());
            return StopPodSandboxResponse.getDefaultInstance();
          });
    }

    @Override
    public void removePodSandbox(
        RemovePodSandboxRequest request, StreamObserver<RemovePodSandboxResponse> observer) {
      answer(
          request,
          observer,
          () -> {
            pods.remove(request.getPodSandboxId());
            containers.keySet().removeIf(id -> request.getPodSandboxId().equals(podOf.get(id)));
            return RemovePodSandboxResponse.getDefaultInstance();
          });
    }

    @Override
    public void podSandboxStatus(
        PodSandboxStatusRequest request, StreamObserver<PodSandboxStatusResponse> observer) {
      answer(
          request,
          observer,
          () ->
              PodSandboxStatusResponse.newBuilder()
                  .setStatus(known(pods, request.getPodSandboxId()))
                  .build());
    }

    @Override
    public void listPodSandbox(
        ListPodSandboxRequest request, StreamObserver<ListPodSandboxResponse> observer) {
      answer(
          request,
          observer,
          () ->
              ListPodSandboxResponse.newBuilder()
                  .addAllItems(
                      pods.values().stream()
                          .map(
                              pod ->
                                  PodSandbox.newBuilder()
                                      .setId(pod.getId())
                                      .setMetadata(pod.getMetadata())
                                      .setState(pod.getState())
                                      .setCreatedAt(pod.getCreatedAt())
                                      .build())
                          .toList())
                  .build());
    }

    @Override
    public void createContainer(
        CreateContainerRequest request, StreamObserver<CreateContainerResponse> observer) {
      answer(
          request,
          observer,
          () ->
              CreateContainerResponse.newBuilder()
                  .setContainerId(
                      addContainer(
                          request.getPodSandboxId(),
                          ContainerStatus.newBuilder()
                              .setMetadata(request.getConfig().getMetadata())
                              .setImage(request.getConfig().getImage())
                              .putAllLabels(request.getConfig().getLabelsMap())
                              .setLogPath(
                                  request.getSandboxConfig().getLogDirectory()
                                      + "/"
                                      + request.getConfig().getLogPath())))
                  .build());
    }

    @Override
    public void startContainer(
        StartContainerRequest request, StreamObserver<StartContainerResponse> observer) {
      answer(
          request,
          observer,
          () -> {
            containers.computeIfPresent(request.getContainerId(), (_, status) -> run(status));
            return StartContainerResponse.getDefaultInstance();
          });
    }

    private ContainerStatus run(ContainerStatus status) {
      Path log = Path.of(status.getLogPath());
      try {
        Files.createDirectories(Objects.requireNonNull(log.getParent()));
        Files.write(log, output);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      var running =
          status.toBuilder().setState(ContainerState.CONTAINER_RUNNING).setStartedAt(A_MINUTE_AGO);
      if (exitCode == null) {
        return running.build();
      }
      return running
          .setState(ContainerState.CONTAINER_EXITED)
          .setFinishedAt(A_MINUTE_AGO)
          .setExitCode(exitCode)
          .setReason(outOfMemory ? "OOMKilled" : "Completed")
          .build();
    }

    @Override
    public void checkpointContainer(
        CheckpointContainerRequest request, StreamObserver<CheckpointContainerResponse> observer) {
      answer(request, observer, CheckpointContainerResponse::getDefaultInstance);
    }

    @Override
    public void stopContainer(
        StopContainerRequest request, StreamObserver<StopContainerResponse> observer) {
      answer(
          request,
          observer,
          () -> {
            containers.computeIfPresent(
                request.getContainerId(),
                (_, status) ->
                    status.toBuilder()
                        .setState(ContainerState.CONTAINER_EXITED)
                        .setExitCode(143)
                        .build());
            return StopContainerResponse.getDefaultInstance();
          });
    }

    @Override
    public void removeContainer(
        RemoveContainerRequest request, StreamObserver<RemoveContainerResponse> observer) {
      answer(
          request,
          observer,
          () -> {
            containers.remove(request.getContainerId());
            return RemoveContainerResponse.getDefaultInstance();
          });
    }

    @Override
    public void listContainers(
        ListContainersRequest request, StreamObserver<ListContainersResponse> observer) {
      answer(
          request,
          observer,
          () ->
              ListContainersResponse.newBuilder()
                  .addAllContainers(
                      containers.values().stream()
                          .filter(status -> matches(status, request.getFilter()))
                          .map(status -> item(status))
                          .toList())
                  .build());
    }

    private boolean matches(ContainerStatus status, ContainerFilter filter) {
      return (!filter.hasState() || filter.getState().getState() == status.getState())
          && status.getLabelsMap().entrySet().containsAll(filter.getLabelSelectorMap().entrySet());
    }

    private Container item(ContainerStatus status) {
      return Container.newBuilder()
          .setId(status.getId())
          .setPodSandboxId(podOf.getOrDefault(status.getId(), ""))
          .setMetadata(status.getMetadata())
          .setImage(status.getImage())
          .setState(status.getState())
          .setCreatedAt(status.getCreatedAt())
          .putAllLabels(status.getLabelsMap())
          .build();
    }

    @Override
    public void listContainerStats(
        ListContainerStatsRequest request, StreamObserver<ListContainerStatsResponse> observer) {
      answer(request, observer, ListContainerStatsResponse::getDefaultInstance);
    }

    @Override
    public void containerStatus(
        ContainerStatusRequest request, StreamObserver<ContainerStatusResponse> observer) {
      answer(
          request,
          observer,
          () -> {
            var response =
                ContainerStatusResponse.newBuilder()
                    .setStatus(known(containers, request.getContainerId()));
            if (request.getVerbose()) {
              response
                  .putInfo(
                      "info",
                      "{\"pid\": 42, \"launchProgram\": [\"prepare:\", \"0"
                          + " unshare(CLONE_NEWNS)\"]}")
                  .putInfo("note", "not JSON");
            }
            return response.build();
          });
    }

    @Override
    public void execSync(ExecSyncRequest request, StreamObserver<ExecSyncResponse> observer) {
      answer(
          request,
          observer,
          () ->
              ExecSyncResponse.newBuilder()
                  .setStdout(ByteString.copyFromUtf8("out\n"))
                  .setStderr(ByteString.copyFromUtf8("err\n"))
                  .setExitCode(Objects.requireNonNullElse(exitCode, 0))
                  .build());
    }
  }

  private final class ImagesFake extends ImageServiceGrpc.ImageServiceImplBase {
    @Override
    public void listImages(ListImagesRequest request, StreamObserver<ListImagesResponse> observer) {
      answer(
          request,
          observer,
          () -> ListImagesResponse.newBuilder().addAllImages(images.values()).build());
    }

    @Override
    public void imageStatus(
        ImageStatusRequest request, StreamObserver<ImageStatusResponse> observer) {
      answer(
          request,
          observer,
          () -> {
            var response = ImageStatusResponse.newBuilder();
            String name = request.getImage().getImage();
            images.values().stream()
                .filter(i -> i.getId().equals(name) || i.getRepoTagsList().contains(name))
                .findFirst()
                .ifPresent(response::setImage);
            return response.build();
          });
    }

    @Override
    public void pullImage(PullImageRequest request, StreamObserver<PullImageResponse> observer) {
      answer(
          request,
          observer,
          () -> {
            addImage("sha256:pulled", request.getImage().getImage());
            return PullImageResponse.newBuilder().setImageRef("sha256:pulled").build();
          });
    }

    @Override
    public void removeImage(
        RemoveImageRequest request, StreamObserver<RemoveImageResponse> observer) {
      answer(
          request,
          observer,
          () -> {
            String name = request.getImage().getImage();
            images
                .values()
                .removeIf(i -> i.getId().equals(name) || i.getRepoTagsList().contains(name));
            return RemoveImageResponse.getDefaultInstance();
          });
    }
  }

  private final class MadeImagesFake extends ImagesGrpc.ImagesImplBase {
    @Override
    public void push(PushRequest request, StreamObserver<PushProgress> observer) {
      synchronized (FakeCri.this) {
        requests.add(request);
        Status failure = failures.get(PushRequest.class);
        if (failure != null) {
          observer.onError(failure.asRuntimeException());
          return;
        }
      }
      observer.onNext(
          PushProgress.newBuilder()
              .addBlobs(blob("sha256:aaaaaaaaaaaaaaaa", BlobProgress.Phase.UPLOADING, 500_000))
              .addBlobs(blob("sha256:bbbbbbbbbbbbbbbb", BlobProgress.Phase.WAITING, 0))
              .build());
      observer.onNext(
          PushProgress.newBuilder()
              .addBlobs(blob("sha256:aaaaaaaaaaaaaaaa", BlobProgress.Phase.UPLOADED, 0))
              .addBlobs(blob("sha256:bbbbbbbbbbbbbbbb", BlobProgress.Phase.PRESENT, 0))
              .setReference("docker.io/library/" + request.getImage())
              .setDigest("sha256:pushed")
              .setSize(528)
              .build());
      observer.onCompleted();
    }

    @Override
    public void commit(CommitRequest request, StreamObserver<CommitResponse> observer) {
      answer(
          request, observer, () -> CommitResponse.newBuilder().setImageId("sha256:made").build());
    }

    @Override
    public void history(HistoryRequest request, StreamObserver<HistoryResponse> observer) {
      answer(
          request,
          observer,
          () ->
              HistoryResponse.newBuilder()
                  .setImageId("sha256:0123456789abcdef")
                  .addSteps(
                      HistoryStep.newBuilder()
                          .setCreated(NOW.minusSeconds(300).toString())
                          .setCreatedBy("RUN   make\tinstall with all the options that there are")
                          .setComment("why")
                          .setHasLayer(true)
                          .setSize(1_500_000))
                  .addSteps(
                      HistoryStep.newBuilder()
                          .setCreated("0001-01-01T00:00:00Z")
                          .setCreatedBy("CMD [\"sh\"]"))
                  .build());
    }

    @Override
    public void login(LoginRequest request, StreamObserver<LoginResponse> observer) {
      answer(
          request,
          observer,
          () ->
              LoginResponse.newBuilder()
                  .setRegistry("docker.io")
                  .setKeptIn(request.getFile())
                  .setFileIsUsed(request.getFile().startsWith("/root/"))
                  .build());
    }

    @Override
    public void logout(LogoutRequest request, StreamObserver<LogoutResponse> observer) {
      answer(
          request,
          observer,
          () ->
              LogoutResponse.newBuilder()
                  .setRegistry(request.getServer())
                  .setHadLogin(request.getServer().equals("known.example"))
                  .build());
    }

    private static BlobProgress blob(String digest, BlobProgress.Phase phase, long sent) {
      return BlobProgress.newBuilder()
          .setDigest(digest)
          .setPhase(phase)
          .setSentBytes(sent)
          .setTotalBytes(1_000_000)
          .build();
    }
  }

  private final class JukungFake extends JukungGrpc.JukungImplBase {
    @Override
    public void listCreations(
        ListCreationsRequest request, StreamObserver<ListCreationsResponse> observer) {
      observer.onNext(ListCreationsResponse.newBuilder().addAllCreations(creations).build());
      observer.onCompleted();
    }

    @Override
    public void diagnose(DiagnoseRequest request, StreamObserver<Diagnosis> observer) {
      diagnoses.forEach(observer::onNext);
      observer.onCompleted();
    }

    @Override
    public void pull(PullRequest request, StreamObserver<PullProgress> observer) {
      if (!knowsJukung) {
        observer.onError(Status.UNIMPLEMENTED.asRuntimeException());
        return;
      }
      synchronized (FakeCri.this) {
        requests.add(request);
        Status failure = failures.get(PullRequest.class);
        if (failure != null) {
          observer.onError(failure.asRuntimeException());
          return;
        }
        addImage("sha256:pulled", request.getImage().getImage());
      }
      observer.onNext(
          PullProgress.newBuilder()
              .addLayers(layer("sha256:aaaaaaaaaaaaaaaa", LayerProgress.Phase.DOWNLOADING, 500_000))
              .addLayers(layer("sha256:bbbbbbbbbbbbbbbb", LayerProgress.Phase.WAITING, 0))
              .build());
      observer.onNext(
          PullProgress.newBuilder()
              .addLayers(layer("sha256:aaaaaaaaaaaaaaaa", LayerProgress.Phase.DONE, 1_000_000))
              .build());
      observer.onNext(PullProgress.newBuilder().setImageRef("sha256:pulled").build());
      observer.onCompleted();
    }

    @Override
    public void explainPull(PullRequest request, StreamObserver<PullPlan> observer) {
      answer(
          request,
          observer,
          () ->
              PullPlan.newBuilder()
                  .setImage("docker.io/library/busybox:latest")
                  .addHosts(
                      PlannedHost.newBuilder()
                          .setUrl("https://mirror/v2")
                          .setAsked("content by digest")
                          .setOrigin("hosts.toml:3 [host.\"https://mirror\"]")
                          .addNotes("no credentials: it is not the registry itself"))
                  .addHosts(
                      PlannedHost.newBuilder()
                          .setUrl("https://registry-1.docker.io/v2")
                          .setAsked("everything")
                          .setOrigin("the registry itself"))
                  .build());
    }

    private LayerProgress layer(String digest, LayerProgress.Phase phase, long bytes) {
      return LayerProgress.newBuilder()
          .setDigest(digest)
          .setPhase(phase)
          .setArrivedBytes(bytes)
          .setTotalBytes(1_000_000)
          .build();
    }

    @Override
    public void export(ExportRequest request, StreamObserver<ExportResponse> observer) {
      answer(
          request,
          observer,
          () -> {
            try {
              Files.writeString(Path.of(request.getPath()), "exported");
            } catch (IOException e) {
              throw Status.INTERNAL.withDescription(e.toString()).asRuntimeException();
            }
            return ExportResponse.getDefaultInstance();
          });
    }

    @Override
    public void usage(UsageRequest request, StreamObserver<UsageResponse> observer) {
      answer(request, observer, UsageResponse::getDefaultInstance);
    }

    @Override
    public void tag(TagRequest request, StreamObserver<TagResponse> observer) {
      answer(request, observer, TagResponse::getDefaultInstance);
    }

    @Override
    public void check(CheckRequest request, StreamObserver<CheckFinding> observer) {
      if (!damaged) {
        observer.onCompleted();
        return;
      }
      answer(
          request,
          observer,
          () ->
              CheckFinding.newBuilder()
                  .setSubject("layer sha256:1")
                  .setProblem("is missing")
                  .setRepaired(request.getRepair())
                  .setOutcome(request.getRepair() ? "unpacked again" : "not repaired")
                  .build());
    }

    private static String contentOf(String path) {
      try {
        return Files.readString(Path.of(path));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void import_(ImportRequest request, StreamObserver<ImportResponse> observer) {
      importedContent = contentOf(request.getPath());
      answer(
          request,
          observer,
          () ->
              ImportResponse.newBuilder()
                  .addImages(Image.newBuilder().setId("sha256:1").addRepoTags("a:1"))
                  .addImages(Image.newBuilder().setId("sha256:2"))
                  .addNames("a:1")
                  .addNames("sha256:2")
                  .build());
    }
  }
}
