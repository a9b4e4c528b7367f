package io.jukung.e2e.bench;

import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerStats;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.ListContainerStatsRequest;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PullImageRequest;
import io.jukung.cri.v1.RemovePodSandboxRequest;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.StartContainerRequest;
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
 * One runtime that is measured.
 *
 * @param name its name in the table
 * @param client a connection to its socket
 * @param daemonPid the pid of the daemon; 0 if its memory is not measured
 * @param shimMark a text in the command line of its per-pod processes; empty if their memory is not
 *     measured
 */
record Endpoint(String name, CriClient client, long daemonPid, String shimMark) {
  /** Parses {@code NAME=SOCKET[,DAEMON-PID,SHIM-MARK]}. */
  static Endpoint parse(String text) {
    String[] nameAndRest = text.split("=", 2);
    if (nameAndRest.length != 2) {
      throw new IllegalArgumentException(
          "endpoint \"" + text + "\" is not of the form NAME=SOCKET[,DAEMON-PID,SHIM-MARK]");
    }
    String[] parts = nameAndRest[1].split(",", 3);
    String socket = parts[0].startsWith("unix://") ? parts[0].substring(7) : parts[0];
    return new Endpoint(
        nameAndRest[0],
        CriClient.of(Path.of(socket)),
        parts.length > 1 ? Long.parseLong(parts[1]) : 0,
        parts.length > 2 ? parts[2] : "");
  }

  /** A pod with one container that sleeps. */
  record Pod(String sandboxId, String containerId) {}

  String version() {
    var version = client.runtime().version(VersionRequest.getDefaultInstance());
    return version.getRuntimeName() + " " + version.getRuntimeVersion();
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
    PodSandboxConfig config = Requests.pod(podName, network, podLogs).build();
    String sandbox =
        client
            .runtime()
            .runPodSandbox(RunPodSandboxRequest.newBuilder().setConfig(config).build())
            .getPodSandboxId();
    ContainerConfig container =
        Requests.container(config, "main", image, List.of("sleep", "100000")).build();
    String containerId =
        client
            .runtime()
            .createContainer(
                CreateContainerRequest.newBuilder()
                    .setPodSandboxId(sandbox)
                    .setConfig(container)
                    .setSandboxConfig(config)
                    .build())
            .getContainerId();
    client
        .runtime()
        .startContainer(StartContainerRequest.newBuilder().setContainerId(containerId).build());
    return new Pod(sandbox, containerId);
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

  void list(int pods) {
    int sandboxes =
        client.runtime().listPodSandbox(ListPodSandboxRequest.getDefaultInstance()).getItemsCount();
    int containers =
        client
            .runtime()
            .listContainers(ListContainersRequest.getDefaultInstance())
            .getContainersCount();
    if (sandboxes < pods || containers < pods) {
      throw new IllegalStateException(
          "%s lists %d sandboxes and %d containers of %d"
              .formatted(name, sandboxes, containers, pods));
    }
  }

  void statistics(int pods) {
    long measured =
        client
            .runtime()
            .listContainerStats(ListContainerStatsRequest.getDefaultInstance())
            .getStatsList()
            .stream()
            .filter(ContainerStats::hasCpu)
            .count();
    if (measured < pods) {
      throw new IllegalStateException(
          "%s has statistics of %d containers of %d".formatted(name, measured, pods));
    }
  }
}
