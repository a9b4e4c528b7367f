package io.jukung.e2e.kubelet;

import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerFilter;
import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.DNSConfig;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.ExecSyncResponse;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ImageFsInfoRequest;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.LinuxContainerConfig;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.LinuxPodSandboxConfig;
import io.jukung.cri.v1.LinuxSandboxSecurityContext;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NamespaceOption;
import io.jukung.cri.v1.PodSandbox;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PodSandboxFilter;
import io.jukung.cri.v1.PodSandboxMetadata;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.cri.v1.PodSandboxStatus;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import io.jukung.cri.v1.PullImageRequest;
import io.jukung.cri.v1.RemoveContainerRequest;
import io.jukung.cri.v1.RemoveImageRequest;
import io.jukung.cri.v1.RemovePodSandboxRequest;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.RuntimeConfigRequest;
import io.jukung.cri.v1.SecurityProfile;
import io.jukung.cri.v1.StartContainerRequest;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.cri.v1.StopContainerRequest;
import io.jukung.cri.v1.StopPodSandboxRequest;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.e2e.client.CriClient;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.kubelet.PodPlan.ContainerPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Makes the calls that kubelet 1.36 makes (kuberuntime_manager.go), in its order and with its
 * labels, annotations and paths. It keeps nothing in memory: whatever it knows of a pod it has
 * asked the runtime for, as kubelet after a restart. {@link #sync} does one round, and the caller
 * makes rounds until the pod is as wanted.
 */
final class SmallKubelet {
  private static final String POD_NAME = "io.kubernetes.pod.name";
  private static final String POD_NAMESPACE = "io.kubernetes.pod.namespace";
  private static final String POD_UID = "io.kubernetes.pod.uid";
  private static final String CONTAINER_NAME = "io.kubernetes.container.name";
  private static final String RESTART_COUNT = "io.kubernetes.container.restartCount";
  private static final long GRACE_PERIOD_SECONDS = 10;
  private static final long HOOK_SECONDS = 30;

  private final CriClient client;
  private final Path logs;

  /**
   * @param logs takes the place of /var/log/pods
   */
  SmallKubelet(CriClient client, Path logs) {
    this.client = client;
    this.logs = logs;
  }

  /** What the runtime says of a pod. */
  record PodState(Optional<PodSandboxStatus> sandbox, List<ContainerStatus> containers) {
    /** The newest container with the name. */
    Optional<ContainerStatus> newest(String name) {
      return containers.stream()
          .filter(each -> each.getMetadata().getName().equals(name))
          .max(Comparator.comparingInt(each -> each.getMetadata().getAttempt()));
    }

    boolean runs(String name) {
      return newest(name)
          .filter(each -> each.getState() == ContainerState.CONTAINER_RUNNING)
          .isPresent();
    }
  }

  /** The calls before the first pod. Fails if kubelet would not start pods. */
  void start() {
    client.runtime().version(VersionRequest.newBuilder().setVersion("0.1.0").build());
    client.runtime().runtimeConfig(RuntimeConfigRequest.getDefaultInstance());
    client
        .runtime()
        .status(StatusRequest.getDefaultInstance())
        .getStatus()
        .getConditionsList()
        .forEach(
            condition -> {
              if (!condition.getStatus()) {
                throw new AssertionError(condition.getType() + ": " + condition.getMessage());
              }
            });
    client.images().imageFsInfo(ImageFsInfoRequest.getDefaultInstance());
  }

  /** The call of the PLEG, once a second or, with events, every five minutes. */
  List<Container> relist() {
    client.runtime().listPodSandbox(ListPodSandboxRequest.getDefaultInstance());
    return client
        .runtime()
        .listContainers(ListContainersRequest.getDefaultInstance())
        .getContainersList();
  }

  /** Asks for all that is known of a pod: GetPodStatus of kubelet. */
  PodState state(PodPlan plan) {
    Optional<PodSandboxStatus> newest =
        sandboxes(plan).stream()
            .max(Comparator.comparingLong(PodSandbox::getCreatedAt))
            .map(each -> sandbox(each.getId()));
    List<ContainerStatus> containers =
        containers(plan).stream().map(each -> status(each.getId())).toList();
    return new PodState(newest, containers);
  }

  private List<PodSandbox> sandboxes(PodPlan plan) {
    return client
        .runtime()
        .listPodSandbox(
            ListPodSandboxRequest.newBuilder()
                .setFilter(PodSandboxFilter.newBuilder().putLabelSelector(POD_UID, plan.uid()))
                .build())
        .getItemsList();
  }

  private List<Container> containers(PodPlan plan) {
    return client
        .runtime()
        .listContainers(
            ListContainersRequest.newBuilder()
                .setFilter(ContainerFilter.newBuilder().putLabelSelector(POD_UID, plan.uid()))
                .build())
        .getContainersList();
  }

  private PodSandboxStatus sandbox(String id) {
    return client
        .runtime()
        .podSandboxStatus(PodSandboxStatusRequest.newBuilder().setPodSandboxId(id).build())
        .getStatus();
  }

  private ContainerStatus status(String id) {
    return client
        .runtime()
        .containerStatus(ContainerStatusRequest.newBuilder().setContainerId(id).build())
        .getStatus();
  }

  /** Makes one round: does what the pod's state asks for next. SyncPod of kubelet. */
  PodState sync(PodPlan plan) throws IOException {
    PodState now = state(plan);
    PodSandboxConfig config = sandboxConfig(plan, now);
    String sandbox =
        now.sandbox()
            .filter(each -> each.getState() == PodSandboxState.SANDBOX_READY)
            .map(PodSandboxStatus::getId)
            .orElse("");
    if (sandbox.isEmpty()) {
      Files.createDirectories(Path.of(config.getLogDirectory()));
      sandbox =
          client
              .runtime()
              .runPodSandbox(RunPodSandboxRequest.newBuilder().setConfig(config).build())
              .getPodSandboxId();
      sandbox(sandbox); // the addresses of the pod
    }
    for (ContainerPlan next : plan.init()) {
      if (next.sidecar() ? !now.runs(next.name()) : !hasSucceeded(now, next)) {
        if (!now.runs(next.name())) {
          start(plan, now, sandbox, config, next);
        }
        return state(plan); // the next one only after this one
      }
    }
    for (ContainerPlan each : plan.main()) {
      boolean isNew = now.newest(each.name()).isEmpty();
      if (isNew || (plan.restart() && !now.runs(each.name()))) {
        start(plan, now, sandbox, config, each);
      }
    }
    return state(plan);
  }

  private static boolean hasSucceeded(PodState now, ContainerPlan container) {
    return now.newest(container.name())
        .filter(each -> each.getState() == ContainerState.CONTAINER_EXITED)
        .filter(each -> each.getExitCode() == 0)
        .isPresent();
  }

  private static PodSandboxConfig sandboxConfig(PodPlan plan, PodState now, Path logs) {
    int attempt =
        now.sandbox()
            .map(
                each ->
                    each.getState() == PodSandboxState.SANDBOX_READY
                        ? each.getMetadata().getAttempt()
                        : each.getMetadata().getAttempt() + 1)
            .orElse(0);
    return PodSandboxConfig.newBuilder()
        .setMetadata(
            PodSandboxMetadata.newBuilder()
                .setName(plan.name())
                .setNamespace("default")
                .setUid(plan.uid())
                .setAttempt(attempt))
        .putLabels(POD_NAME, plan.name())
        .putLabels(POD_NAMESPACE, "default")
        .putLabels(POD_UID, plan.uid())
        .putAnnotations("kubernetes.io/config.source", "api")
        .setHostname(plan.name())
        .setLogDirectory(logs.resolve("default_" + plan.name() + "_" + plan.uid()).toString())
        .setDnsConfig(DNSConfig.newBuilder().addServers("10.96.0.10").addOptions("ndots:5"))
        .setLinux(
            LinuxPodSandboxConfig.newBuilder()
                .setSecurityContext(
                    LinuxSandboxSecurityContext.newBuilder()
                        .setNamespaceOptions(namespaces())
                        .setSeccomp(
                            SecurityProfile.newBuilder()
                                .setProfileType(SecurityProfile.ProfileType.RuntimeDefault)))
                .setOverhead(LinuxContainerResources.getDefaultInstance())
                .setResources(LinuxContainerResources.newBuilder().setCpuShares(2)))
        .build();
  }

  private PodSandboxConfig sandboxConfig(PodPlan plan, PodState now) {
    return sandboxConfig(plan, now, logs);
  }

  private static NamespaceOption namespaces() {
    return NamespaceOption.newBuilder()
        .setNetwork(NamespaceMode.POD)
        .setPid(NamespaceMode.CONTAINER)
        .setIpc(NamespaceMode.POD)
        .build();
  }

  private void start(
      PodPlan plan, PodState now, String sandbox, PodSandboxConfig config, ContainerPlan container)
      throws IOException {
    String imageRef = ensureImage(container.image());
    int attempt =
        now.newest(container.name()).map(each -> each.getMetadata().getAttempt() + 1).orElse(0);
    String logPath = container.name() + "/" + attempt + ".log";
    Files.createDirectories(Path.of(config.getLogDirectory(), container.name()));
    ContainerConfig.Builder request =
        ContainerConfig.newBuilder()
            .setMetadata(
                ContainerMetadata.newBuilder().setName(container.name()).setAttempt(attempt))
            .setImage(
                ImageSpec.newBuilder().setImage(imageRef).setUserSpecifiedImage(container.image()))
            .addAllCommand(container.command())
            .putLabels(POD_NAME, plan.name())
            .putLabels(POD_NAMESPACE, "default")
            .putLabels(POD_UID, plan.uid())
            .putLabels(CONTAINER_NAME, container.name())
            .putAnnotations(RESTART_COUNT, Integer.toString(attempt))
            .putAnnotations(
                "io.kubernetes.container.terminationMessagePath", "/dev/termination-log")
            .setLogPath(logPath)
            .setLinux(
                LinuxContainerConfig.newBuilder()
                    .setResources(LinuxContainerResources.newBuilder().setOomScoreAdj(1000))
                    .setSecurityContext(
                        LinuxContainerSecurityContext.newBuilder()
                            .setNamespaceOptions(namespaces())));
    for (Path volume : container.volumes()) {
      request.addMounts(
          Mount.newBuilder().setHostPath(volume.toString()).setContainerPath(volume.toString()));
    }
    String id =
        client
            .runtime()
            .createContainer(
                CreateContainerRequest.newBuilder()
                    .setPodSandboxId(sandbox)
                    .setConfig(request)
                    .setSandboxConfig(config)
                    .build())
            .getContainerId();
    client.runtime().startContainer(StartContainerRequest.newBuilder().setContainerId(id).build());
    hook(id, container.postStart());
  }

  /** Returns the ID of the image, which is pulled if it is not here. EnsureImageExists. */
  private String ensureImage(String name) {
    Image known = image(name);
    if (!known.getId().isEmpty()) {
      return known.getId();
    }
    String pulled =
        client
            .images()
            .pullImage(PullImageRequest.newBuilder().setImage(Requests.image(name)).build())
            .getImageRef();
    return image(pulled).getId();
  }

  private Image image(String name) {
    return client
        .images()
        .imageStatus(ImageStatusRequest.newBuilder().setImage(Requests.image(name)).build())
        .getImage();
  }

  private void hook(String container, List<String> command) {
    if (!command.isEmpty()) {
      ExecSyncResponse end = exec(container, command);
      if (end.getExitCode() != 0) {
        throw new AssertionError(command + ": " + end);
      }
    }
  }

  /** A probe or a hook. */
  ExecSyncResponse exec(String container, List<String> command) {
    return client
        .runtime()
        .execSync(
            ExecSyncRequest.newBuilder()
                .setContainerId(container)
                .addAllCmd(command)
                .setTimeout(HOOK_SECONDS)
                .build());
  }

  /** Ends the pod: the main containers, then the sidecars in reverse, then the sandbox. */
  void kill(PodPlan plan) {
    PodState now = state(plan);
    plan.main().forEach(each -> stop(now, each));
    plan.init().reversed().forEach(each -> stop(now, each));
    for (PodSandbox sandbox : sandboxes(plan)) {
      client
          .runtime()
          .stopPodSandbox(
              StopPodSandboxRequest.newBuilder().setPodSandboxId(sandbox.getId()).build());
    }
  }

  private void stop(PodState now, ContainerPlan container) {
    if (!now.runs(container.name())) {
      return;
    }
    String id = now.newest(container.name()).orElseThrow().getId();
    hook(id, container.preStop());
    client
        .runtime()
        .stopContainer(
            StopContainerRequest.newBuilder()
                .setContainerId(id)
                .setTimeout(GRACE_PERIOD_SECONDS)
                .build());
  }

  /** Removes what a pod that was killed has left: containers first, then sandboxes. */
  void remove(PodPlan plan) {
    containers(plan).forEach(each -> remove(each.getId()));
    for (PodSandbox sandbox : sandboxes(plan)) {
      client
          .runtime()
          .removePodSandbox(
              RemovePodSandboxRequest.newBuilder().setPodSandboxId(sandbox.getId()).build());
    }
  }

  private void remove(String container) {
    client
        .runtime()
        .removeContainer(RemoveContainerRequest.newBuilder().setContainerId(container).build());
  }

  /** Removes ended containers of a pod but for the newest of each name. Container GC. */
  void removeDeadContainers(PodPlan plan) {
    PodState now = state(plan);
    for (ContainerStatus each : now.containers()) {
      ContainerStatus newest = now.newest(each.getMetadata().getName()).orElseThrow();
      if (each.getState() == ContainerState.CONTAINER_EXITED
          && !each.getId().equals(newest.getId())) {
        remove(each.getId());
      }
    }
  }

  /**
   * Removes images that no container uses, and returns their IDs. Image GC.
   *
   * @param isOldEnough kubelet keeps images that are younger than its configuration says
   */
  Set<String> removeUnusedImages(Predicate<Image> isOldEnough) {
    List<Image> images =
        client.images().listImages(ListImagesRequest.getDefaultInstance()).getImagesList();
    Set<String> used = relist().stream().map(Container::getImageId).collect(Collectors.toSet());
    Set<String> unused =
        images.stream()
            .filter(each -> !each.getPinned())
            .filter(isOldEnough)
            .map(Image::getId)
            .filter(id -> !used.contains(id))
            .collect(Collectors.toSet());
    for (String id : unused) {
      client
          .images()
          .removeImage(RemoveImageRequest.newBuilder().setImage(Requests.image(id)).build());
    }
    return unused;
  }

  /** The log of a container's attempt. */
  Path log(PodPlan plan, String container, int attempt) {
    return logs.resolve("default_" + plan.name() + "_" + plan.uid())
        .resolve(container)
        .resolve(attempt + ".log");
  }
}
