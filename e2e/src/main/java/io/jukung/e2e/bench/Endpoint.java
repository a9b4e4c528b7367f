package io.jukung.e2e.bench;

import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStats;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.ListContainerStatsRequest;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.ListPodSandboxStatsRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PullImageRequest;
import io.jukung.cri.v1.RemoveContainerRequest;
import io.jukung.cri.v1.RemovePodSandboxRequest;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.StartContainerRequest;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.cri.v1.StopContainerRequest;
import io.jukung.cri.v1.StopPodSandboxRequest;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.e2e.client.CriClient;
import io.jukung.e2e.client.Requests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The socket of a runtime, and the calls that are measured. Each call checks its answer, so that an
 * empty answer is not taken for a quick one.
 *
 * @param name the runtime's name in the tables
 * @param client a connection to its socket
 * @param daemonPid the pid of the daemon; 0 if it is not known
 * @param cgroupParent the parent of pods' cgroups; empty for the runtime's own choice
 */
record Endpoint(String name, CriClient client, long daemonPid, String cgroupParent) {
  /** The command of each container, which sleeps until it is stopped. */
  static final List<String> WORKLOAD = List.of("sleep", "100000");

  /** Parses {@code NAME=SOCKET[,DAEMON-PID]}. */
  static Endpoint parse(String text) {
    String[] nameAndRest = text.split("=", 2);
    if (nameAndRest.length != 2) {
      throw new IllegalArgumentException(
          "endpoint \"" + text + "\" is not of the form NAME=SOCKET[,DAEMON-PID]");
    }
    String[] parts = nameAndRest[1].split(",", 2);
    return new Endpoint(
        nameAndRest[0],
        CriClient.of(Path.of(parts[0])),
        parts.length > 1 ? Long.parseLong(parts[1]) : 0,
        "");
  }

  /** A pod with one container that sleeps. */
  record Pod(String sandboxId, PodSandboxConfig config, String containerId) {}

  String version() {
    var version = client.runtime().version(VersionRequest.getDefaultInstance());
    return version.getRuntimeName() + " " + version.getRuntimeVersion();
  }

  /** Whether the daemon answers, and says that it can run pods. */
  boolean isReady() {
    return client
        .runtime()
        .status(StatusRequest.getDefaultInstance())
        .getStatus()
        .getConditionsList()
        .stream()
        .anyMatch(condition -> condition.getType().equals("RuntimeReady") && condition.getStatus());
  }

  void ensureImage(String image) {
    boolean present =
        client
            .images()
            .imageStatus(ImageStatusRequest.newBuilder().setImage(Requests.image(image)).build())
            .hasImage();
    if (!present) {
      client
          .images()
          .pullImage(PullImageRequest.newBuilder().setImage(Requests.image(image)).build());
    }
  }

  Pod startPod(String podName, NamespaceMode network, String image, Path logs) throws IOException {
    Path podLogs = Files.createDirectories(logs.resolve(name).resolve(podName));
    PodSandboxConfig.Builder config = Requests.pod(podName, network, podLogs);
    config.getLinuxBuilder().setCgroupParent(cgroupParent);
    PodSandboxConfig pod = config.build();
    String sandbox =
        client
            .runtime()
            .runPodSandbox(RunPodSandboxRequest.newBuilder().setConfig(pod).build())
            .getPodSandboxId();
    return new Pod(sandbox, pod, startContainer(sandbox, pod, "main", image));
  }

  /** Creates and starts one more container in the pod. */
  String startContainer(Pod pod, String containerName, String image) {
    return startContainer(pod.sandboxId(), pod.config(), containerName, image);
  }

  private String startContainer(
      String sandbox, PodSandboxConfig pod, String containerName, String image) {
    ContainerConfig container = Requests.container(pod, containerName, image, WORKLOAD).build();
    String id =
        client
            .runtime()
            .createContainer(
                CreateContainerRequest.newBuilder()
                    .setPodSandboxId(sandbox)
                    .setConfig(container)
                    .setSandboxConfig(pod)
                    .build())
            .getContainerId();
    client.runtime().startContainer(StartContainerRequest.newBuilder().setContainerId(id).build());
    return id;
  }

  void removeContainer(String id) {
    client.runtime().stopContainer(StopContainerRequest.newBuilder().setContainerId(id).build());
    client
        .runtime()
        .removeContainer(RemoveContainerRequest.newBuilder().setContainerId(id).build());
  }

  void removePod(Pod pod) {
    client
        .runtime()
        .stopContainer(StopContainerRequest.newBuilder().setContainerId(pod.containerId()).build());
    client
        .runtime()
        .stopPodSandbox(
            StopPodSandboxRequest.newBuilder().setPodSandboxId(pod.sandboxId()).build());
    client
        .runtime()
        .removePodSandbox(
            RemovePodSandboxRequest.newBuilder().setPodSandboxId(pod.sandboxId()).build());
  }

  void exec(Pod pod) {
    var answer =
        client
            .runtime()
            .execSync(
                ExecSyncRequest.newBuilder()
                    .setContainerId(pod.containerId())
                    .addCmd("true")
                    .setTimeout(30)
                    .build());
    if (answer.getExitCode() != 0) {
      throw new IllegalStateException(
          name + ": ExecSync of true(1) returned exit code " + answer.getExitCode());
    }
  }

  void listPods(int pods) {
    requireAtLeast(
        pods,
        client.runtime().listPodSandbox(ListPodSandboxRequest.getDefaultInstance()).getItemsCount(),
        "sandboxes");
  }

  void listContainers(int pods) {
    requireAtLeast(
        pods,
        client
            .runtime()
            .listContainers(ListContainersRequest.getDefaultInstance())
            .getContainersCount(),
        "containers");
  }

  void status(Pod pod) {
    ContainerState state =
        client
            .runtime()
            .containerStatus(
                ContainerStatusRequest.newBuilder().setContainerId(pod.containerId()).build())
            .getStatus()
            .getState();
    if (state != ContainerState.CONTAINER_RUNNING) {
      throw new IllegalStateException(
          "%s: container %s is %s".formatted(name, pod.containerId(), state));
    }
  }

  void containerStatistics(int pods) {
    long measured =
        client
            .runtime()
            .listContainerStats(ListContainerStatsRequest.getDefaultInstance())
            .getStatsList()
            .stream()
            .filter(ContainerStats::hasCpu)
            .count();
    requireAtLeast(pods, measured, "containers with statistics");
  }

  void podStatistics(int pods) {
    long measured =
        client
            .runtime()
            .listPodSandboxStats(ListPodSandboxStatsRequest.getDefaultInstance())
            .getStatsList()
            .stream()
            .filter(statistics -> statistics.getLinux().hasCpu())
            .count();
    requireAtLeast(pods, measured, "sandboxes with statistics");
  }

  private void requireAtLeast(int expected, long actual, String what) {
    if (actual < expected) {
      throw new IllegalStateException(
          "%s lists %d %s of %d".formatted(name, actual, what, expected));
    }
  }
}
