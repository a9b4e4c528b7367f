package io.jukung.e2e.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jukung.client.v1.CommitRequest;
import io.jukung.client.v1.ConnectNetworkRequest;
import io.jukung.client.v1.CreateVolumeRequest;
import io.jukung.client.v1.DisconnectNetworkRequest;
import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.client.v1.SetRestartPolicyRequest;
import io.jukung.client.v1.StartRequest;
import io.jukung.client.v1.TagRequest;
import io.jukung.client.v1.UntagRequest;
import io.jukung.cri.v1.CheckpointContainerRequest;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NetworkConfig;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.cri.v1.ReopenContainerLogRequest;
import io.jukung.cri.v1.RuntimeConfig;
import io.jukung.cri.v1.UpdateContainerResourcesRequest;
import io.jukung.cri.v1.UpdateRuntimeConfigRequest;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CriuProgram;
import io.jukung.e2e.node.Testbed.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** A mutating call, its preparation, and the check of its result. */
enum SweptCall {
  RUN_POD_ON_HOST_NETWORK {
    @Override
    void prepare(SweptNode node) throws Exception {
      node.config = node.testbed().podConfig("swept", NamespaceMode.NODE).build();
    }

    @Override
    void make(SweptNode node) {
      node.pod = node.testbed().runPod(node.config);
    }

    @Override
    void check(SweptNode node) {
      node.assertPodRuns();
    }
  },
  RUN_POD {
    @Override
    void prepare(SweptNode node) throws Exception {
      node.config = node.testbed().podConfig("swept", NamespaceMode.POD).build();
    }

    @Override
    void make(SweptNode node) throws Exception {
      RUN_POD_ON_HOST_NETWORK.make(node);
    }

    @Override
    void check(SweptNode node) throws Exception {
      RUN_POD_ON_HOST_NETWORK.check(node);
    }
  },
  CREATE_CONTAINER {
    @Override
    void prepare(SweptNode node) throws Exception {
      node.pod = node.testbed().runPod("swept", NamespaceMode.NODE);
    }

    @Override
    void make(SweptNode node) {
      node.container =
          node.testbed()
              .createContainer(
                  node.pod,
                  Requests.container(
                          node.pod.config(),
                          "c",
                          node.testbed().busybox(),
                          List.of("sleep", "1000"))
                      .build());
    }

    @Override
    void check(SweptNode node) {
      assertThat(node.testbed().containers()).hasSize(1);
      node.testbed().startContainer(node.container);
      assertThat(node.testbed().exec(node.container, "true").getExitCode()).isZero();
    }
  },
  /** The creation of a container whose volume is made, and filled from the image. */
  FILL_VOLUME {
    @Override
    void prepare(SweptNode node) throws Exception {
      node.pod = node.testbed().runPod("swept", NamespaceMode.NODE);
    }

    @Override
    void make(SweptNode node) {
      String directory =
          node.testbed()
              .client()
              .volumes()
              .createVolume(CreateVolumeRequest.newBuilder().setName(SweptNode.VOLUME).build())
              .getVolume()
              .getMountpoint();
      node.container =
          node.testbed()
              .createContainer(
                  node.pod,
                  Requests.container(
                          node.pod.config(),
                          "c",
                          node.testbed().busybox(),
                          List.of("sleep", "1000"))
                      .addMounts(Mount.newBuilder().setHostPath(directory).setContainerPath("/bin"))
                      .build());
    }

    @Override
    void check(SweptNode node) {
      node.testbed().startContainer(node.container);
      assertThat(node.testbed().exec(node.container, "/bin/busybox", "true").getExitCode())
          .isZero();
    }
  },
  REMOVE_VOLUME {
    @Override
    void prepare(SweptNode node) throws Exception {
      FILL_VOLUME.prepare(node);
      FILL_VOLUME.make(node);
      node.testbed().removeContainer(node.container);
    }

    @Override
    void make(SweptNode node) {
      node.removeVolume();
    }

    @Override
    void check(SweptNode node) {
      assertThat(
              node.testbed()
                  .client()
                  .volumes()
                  .listVolumes(ListVolumesRequest.getDefaultInstance())
                  .getVolumesList())
          .isEmpty();
    }
  },
  CREATE_NETWORK {
    @Override
    void prepare(SweptNode node) {
      node.removeNetwork();
    }

    @Override
    void make(SweptNode node) {
      if (node.network().isEmpty()) { // the daemon may have recorded it before it was killed
        node.createNetwork();
      }
    }

    @Override
    void check(SweptNode node) {
      assertThat(node.network()).isPresent();
    }
  },
  /** The removal of a network for which the kernel has a bridge and a packet filter. */
  REMOVE_NETWORK {
    @Override
    void prepare(SweptNode node) throws Exception {
      RUN_POD_IN_NETWORK.prepare(node);
      RUN_POD_IN_NETWORK.make(node);
      node.testbed().removePod(node.pod);
    }

    @Override
    void make(SweptNode node) {
      node.removeNetwork();
    }

    @Override
    void check(SweptNode node) {
      assertThat(node.network()).isEmpty();
    }
  },
  RUN_POD_IN_NETWORK {
    @Override
    void prepare(SweptNode node) throws Exception {
      node.removeNetwork();
      node.createNetwork();
      node.config = node.ownPod("{\"networks\": [{\"network\": \"swept\"}]}");
    }

    @Override
    void make(SweptNode node) {
      node.pod = node.testbed().runPod(node.config);
    }

    @Override
    void check(SweptNode node) {
      assertThat(node.network().orElseThrow().getEndpointsList()).hasSize(1);
      node.assertPodRuns();
    }
  },
  CONNECT_NETWORK {
    @Override
    void prepare(SweptNode node) throws Exception {
      node.removeNetwork();
      node.createNetwork();
      node.pod = node.testbed().runPod(node.ownPod(""));
      node.container = node.testbed().runContainer(node.pod, "c", List.of("sleep", "1000"));
    }

    @Override
    void make(SweptNode node) {
      if (node.network().orElseThrow().getEndpointsCount() == 0) {
        var _ =
            node.testbed()
                .client()
                .networks()
                .connectNetwork(
                    ConnectNetworkRequest.newBuilder()
                        .setNetwork(SweptNode.NETWORK)
                        .setContainerId(node.container)
                        .build());
      }
    }

    @Override
    void check(SweptNode node) throws Exception {
      assertThat(node.network().orElseThrow().getEndpointsList()).hasSize(1);
      Await.until(
          "the container has two interfaces besides its loopback",
          () -> interfaces(node).lines().count() == 3);
      Await.until(
          "the container asks the daemon for names",
          () -> read(node, "/etc/resolv.conf").contains("nameserver 127.0.0.11"));
    }
  },
  DISCONNECT_NETWORK {
    @Override
    void prepare(SweptNode node) throws Exception {
      CONNECT_NETWORK.prepare(node);
      CONNECT_NETWORK.make(node);
    }

    @Override
    void make(SweptNode node) {
      if (node.network().orElseThrow().getEndpointsCount() == 1) {
        var _ =
            node.testbed()
                .client()
                .networks()
                .disconnectNetwork(
                    DisconnectNetworkRequest.newBuilder()
                        .setNetwork(SweptNode.NETWORK)
                        .setContainerId(node.container)
                        .build());
      }
    }

    @Override
    void check(SweptNode node) throws Exception {
      assertThat(node.network().orElseThrow().getEndpointsList()).isEmpty();
      Await.until(
          "the container has one interface besides its loopback",
          () -> interfaces(node).lines().count() == 2);
    }
  },
  /** The network that the default route leads through is left, and another one takes its place. */
  DISCONNECT_LEADING_NETWORK {
    @Override
    void prepare(SweptNode node) throws Exception {
      node.removeNetwork();
      node.createNetwork();
      node.createNetwork(SweptNode.OTHER_NETWORK);
      node.pod =
          node.testbed()
              .runPod(
                  node.ownPod(
                      "{\"networks\": [{\"network\": \"swept\"}, {\"network\": \"swept-too\"}]}"));
      node.container = node.testbed().runContainer(node.pod, "c", List.of("sleep", "1000"));
    }

    @Override
    void make(SweptNode node) throws Exception {
      DISCONNECT_NETWORK.make(node);
    }

    @Override
    void check(SweptNode node) throws Exception {
      DISCONNECT_NETWORK.check(node);
      Await.until(
          "the container has a default route through the network that is left",
          () -> read(node, "/proc/net/route").contains("eth1\t00000000\t"));
    }
  },
  START_CONTAINER {
    @Override
    void prepare(SweptNode node) throws Exception {
      CREATE_CONTAINER.prepare(node);
      CREATE_CONTAINER.make(node);
    }

    @Override
    void make(SweptNode node) {
      // Repeated only if the daemon has not recorded the first call. kubelet checks this, too.
      if (node.testbed().status(node.container).getState() == ContainerState.CONTAINER_CREATED) {
        node.testbed().startContainer(node.container);
      }
    }

    @Override
    void check(SweptNode node) {
      ContainerStatus status = node.testbed().status(node.container);
      assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
      assertThat(node.testbed().exec(node.container, "true").getExitCode()).isZero();
    }
  },
  STOP_CONTAINER {
    @Override
    void prepare(SweptNode node) throws Exception {
      node.runContainer();
    }

    @Override
    void make(SweptNode node) {
      node.testbed().stopContainer(node.container, 0);
    }

    @Override
    void check(SweptNode node) {
      ContainerStatus status = node.testbed().status(node.container);
      assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
      assertThat(status.getFinishedAt()).isPositive();
    }
  },
  /** The start of a container of jukung's own that has ended, whose pod is made again. */
  START_AGAIN {
    @Override
    void prepare(SweptNode node) throws Exception {
      node.config =
          node.testbed()
              .podConfig("swept", NamespaceMode.POD)
              .putLabels("io.jukung.run", "swept")
              .build();
      node.pod = node.testbed().runPod(node.config);
      node.container = node.testbed().runContainer(node.pod, "c", List.of("sleep", "1000"));
      node.testbed().stopContainer(node.container, 0);
      node.testbed().stopPod(node.pod.id());
    }

    @Override
    void make(SweptNode node) {
      var _ =
          node.testbed()
              .client()
              .containers()
              .start(StartRequest.newBuilder().setContainerId(node.container).build());
    }

    @Override
    void check(SweptNode node) {
      ContainerStatus status = node.testbed().status(node.container);
      assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
      assertThat(node.testbed().exec(node.container, "true").getExitCode()).isZero();
    }
  },
  REMOVE_CONTAINER {
    @Override
    void prepare(SweptNode node) throws Exception {
      node.runContainer();
    }

    @Override
    void make(SweptNode node) {
      node.testbed().removeContainer(node.container);
    }

    @Override
    void check(SweptNode node) {
      assertThat(node.testbed().containers()).isEmpty();
    }
  },
  STOP_POD {
    @Override
    void prepare(SweptNode node) throws Exception {
      node.pod = node.testbed().runPod("swept", NamespaceMode.POD);
      node.container = node.testbed().runContainer(node.pod, "c", List.of("sleep", "1000"));
    }

    @Override
    void make(SweptNode node) {
      node.testbed().stopPod(node.pod.id());
    }

    @Override
    void check(SweptNode node) {
      assertThat(node.testbed().pods())
          .singleElement()
          .satisfies(
              each -> assertThat(each.getState()).isEqualTo(PodSandboxState.SANDBOX_NOTREADY));
      assertThat(node.testbed().status(node.container).getState())
          .isEqualTo(ContainerState.CONTAINER_EXITED);
    }
  },
  REMOVE_POD {
    @Override
    void prepare(SweptNode node) throws Exception {
      STOP_POD.prepare(node);
    }

    @Override
    void make(SweptNode node) {
      node.testbed().removePod(node.pod.id());
    }

    @Override
    void check(SweptNode node) {
      assertThat(node.testbed().pods()).isEmpty();
      assertThat(node.testbed().containers()).isEmpty();
    }
  },
  PULL_IMAGE {
    @Override
    void prepare(SweptNode node) {
      node.testbed().removeImage(node.image);
    }

    @Override
    void make(SweptNode node) {
      node.testbed().pull(node.image);
    }

    @Override
    void check(SweptNode node) throws Exception {
      Pod pod = node.testbed().runPod("swept", NamespaceMode.NODE);
      ContainerStatus status =
          node.testbed()
              .awaitExited(
                  node.testbed()
                      .runContainer(
                          pod,
                          Requests.container(
                                  pod.config(), "c", node.image, List.of("busybox", "true"))
                              .build()));
      assertThat(status.getExitCode()).isZero();
    }
  },
  REMOVE_IMAGE {
    @Override
    void prepare(SweptNode node) {
      node.testbed().pull(node.image);
    }

    @Override
    void make(SweptNode node) {
      node.testbed().removeImage(node.image);
    }

    @Override
    void check(SweptNode node) {
      assertThat(hasImage(node, node.image)).isFalse();
    }
  },
  TAG_IMAGE {
    @Override
    void prepare(SweptNode node) {
      node.testbed().pull(node.image);
    }

    @Override
    void make(SweptNode node) {
      var _ =
          node.testbed()
              .client()
              .jukung()
              .tag(TagRequest.newBuilder().setImage(node.image).setTag(SweptNode.MADE).build());
    }

    @Override
    void check(SweptNode node) {
      assertThat(hasImage(node, node.image)).isTrue();
      assertThat(hasImage(node, SweptNode.MADE)).isTrue();
    }
  },
  UNTAG_IMAGE {
    @Override
    void prepare(SweptNode node) throws Exception {
      TAG_IMAGE.prepare(node);
      TAG_IMAGE.make(node);
    }

    @Override
    void make(SweptNode node) {
      if (hasImage(node, SweptNode.MADE)) { // the daemon may have untagged it before it was killed
        var _ =
            node.testbed()
                .client()
                .jukung()
                .untag(UntagRequest.newBuilder().setTag(SweptNode.MADE).build());
      }
    }

    @Override
    void check(SweptNode node) {
      assertThat(hasImage(node, node.image)).isTrue();
      assertThat(hasImage(node, SweptNode.MADE)).isFalse();
    }
  },
  COMMIT_CONTAINER {
    @Override
    void prepare(SweptNode node) throws Exception {
      node.pod = node.testbed().runPod("swept", NamespaceMode.NODE);
      node.container =
          node.testbed().runShell(node.pod, "c", "echo x >/made; mkdir /done; sleep 1000");
      Await.until(
          "the container has written",
          () -> node.testbed().exec(node.container, "test", "-e", "/done").getExitCode() == 0);
    }

    @Override
    void make(SweptNode node) {
      if (hasImage(node, SweptNode.MADE)) {
        return; // the daemon had made the image before it was killed; a second one takes its name
      }
      var _ =
          node.testbed()
              .client()
              .madeImages()
              .commit(
                  CommitRequest.newBuilder()
                      .setContainerId(node.container)
                      .setName(SweptNode.MADE)
                      .build());
    }

    @Override
    void check(SweptNode node) throws Exception {
      // The container does not stand still.
      assertThat(node.testbed().exec(node.container, "echo", "x").getStdout().toStringUtf8())
          .isEqualTo("x\n");
      Pod pod = node.testbed().runPod("made", NamespaceMode.NODE);
      ContainerStatus status =
          node.testbed()
              .awaitExited(
                  node.testbed()
                      .runContainer(
                          pod,
                          Requests.container(
                                  pod.config(), "c", SweptNode.MADE, List.of("test", "-e", "/made"))
                              .build()));
      assertThat(status.getExitCode()).isZero();
    }
  },
  /** The dump of a running container by CRIU, for machines that have it. */
  CHECKPOINT_CONTAINER {
    @Override
    void prepare(SweptNode node) throws Exception {
      node.runContainer();
    }

    @Override
    void make(SweptNode node) {
      var _ = node.testbed().status(node.container); // fails if the daemon was killed
      if (Files.exists(node.archive())) { // the archive may have been whole before that
        return;
      }
      var _ =
          node.testbed()
              .client()
              .runtime()
              .checkpointContainer(
                  CheckpointContainerRequest.newBuilder()
                      .setContainerId(node.container)
                      .setLocation(node.archive().toString())
                      .build());
    }

    @Override
    void check(SweptNode node) throws Exception {
      assertThat(Files.size(node.archive())).isPositive();
      // The container does not stand still.
      assertThat(node.testbed().exec(node.container, "echo", "x").getStdout().toStringUtf8())
          .isEqualTo("x\n");
    }
  },
  EXEC_SYNC {
    @Override
    void prepare(SweptNode node) throws Exception {
      node.runContainer();
    }

    @Override
    void make(SweptNode node) {
      node.testbed().exec(node.container, "true");
    }

    @Override
    void check(SweptNode node) {
      assertThat(node.testbed().exec(node.container, "echo", "x").getStdout().toStringUtf8())
          .isEqualTo("x\n");
      assertThat(node.testbed().processes(node.container)).doesNotContain("true");
    }
  },
  UPDATE_CONTAINER_RESOURCES {
    private static final long SHARES = 2048;

    @Override
    void prepare(SweptNode node) throws Exception {
      node.runContainer();
    }

    @Override
    void make(SweptNode node) {
      node.testbed()
          .client()
          .runtime()
          .updateContainerResources(
              UpdateContainerResourcesRequest.newBuilder()
                  .setContainerId(node.container)
                  .setLinux(LinuxContainerResources.newBuilder().setCpuShares(SHARES))
                  .build());
    }

    @Override
    void check(SweptNode node) {
      ContainerStatus status = node.testbed().status(node.container);
      assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
      assertThat(status.getResources().getLinux().getCpuShares()).isEqualTo(SHARES);
    }
  },
  SET_RESTART_POLICY {
    @Override
    void prepare(SweptNode node) throws Exception {
      node.pod = node.testbed().runPod(node.ownPod(""));
      node.container = node.testbed().runContainer(node.pod, "c", List.of("sleep", "1000"));
    }

    @Override
    void make(SweptNode node) {
      var _ =
          node.testbed()
              .client()
              .containers()
              .setRestartPolicy(
                  SetRestartPolicyRequest.newBuilder()
                      .setContainerId(node.container)
                      .setPolicy("on-failure:2")
                      .build());
    }

    @Override
    void check(SweptNode node) {
      ContainerStatus status = node.testbed().status(node.container);
      assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
      assertThat(status.getAnnotationsMap()).containsEntry("io.jukung.restart", "on-failure:2");
    }
  },
  REOPEN_CONTAINER_LOG {
    @Override
    void prepare(SweptNode node) throws Exception {
      node.pod = node.testbed().runPod("swept", NamespaceMode.NODE);
      node.container =
          node.testbed().runShell(node.pod, "c", "while :; do echo line; sleep 0.1; done");
      Path log = node.pod.log("c");
      Await.until("the container has written", () -> Files.size(log) > 0);
      Files.move(log, log.resolveSibling("rotated"), StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    void make(SweptNode node) {
      node.testbed()
          .client()
          .runtime()
          .reopenContainerLog(
              ReopenContainerLogRequest.newBuilder().setContainerId(node.container).build());
    }

    @Override
    void check(SweptNode node) throws Exception {
      Path log = node.pod.log("c");
      Await.until("the new log is written", () -> Files.exists(log) && Files.size(log) > 0);
    }
  },
  /** An ExecSync that wakes a shim, which then falls asleep again. */
  WAKE_AND_SLEEP {
    @Override
    void prepare(SweptNode node) throws Exception {
      node.runContainer();
      node.awaitAsleepOrGone();
    }

    @Override
    void make(SweptNode node) throws Exception {
      EXEC_SYNC.make(node);
      node.awaitAsleepOrGone();
    }

    @Override
    void check(SweptNode node) throws Exception {
      node.awaitAsleepOrGone();
      EXEC_SYNC.check(node);
      assertThat(node.testbed().status(node.container).getState())
          .isEqualTo(ContainerState.CONTAINER_RUNNING);
    }
  },
  UPDATE_RUNTIME_CONFIG {
    @Override
    void prepare(SweptNode node) {
      // Nothing: the call stands alone.
    }

    @Override
    void make(SweptNode node) {
      node.testbed()
          .client()
          .runtime()
          .updateRuntimeConfig(
              UpdateRuntimeConfigRequest.newBuilder()
                  .setRuntimeConfig(
                      RuntimeConfig.newBuilder()
                          .setNetworkConfig(NetworkConfig.newBuilder().setPodCidr("10.89.0.0/16")))
                  .build());
    }

    @Override
    void check(SweptNode node) throws Exception {
      node.pod = node.testbed().runPod("swept", NamespaceMode.POD);
      node.assertPodRuns();
    }
  };

  /** Skips the test if this machine cannot make the call. */
  void requireItsTools() throws IOException {
    assumeTrue(
        this != CHECKPOINT_CONTAINER || CriuProgram.find().isPresent(), CriuProgram.missing());
  }

  abstract void prepare(SweptNode node) throws Exception;

  abstract void make(SweptNode node) throws Exception;

  abstract void check(SweptNode node) throws Exception;

  private static String read(SweptNode node, String file) {
    return node.testbed().exec(node.container, "cat", file).getStdout().toStringUtf8();
  }

  private static boolean hasImage(SweptNode node, String name) {
    return node.testbed()
        .client()
        .images()
        .imageStatus(ImageStatusRequest.newBuilder().setImage(Requests.image(name)).build())
        .hasImage();
  }

  private static String interfaces(SweptNode node) {
    return node.testbed().exec(node.container, "ls", "/sys/class/net").getStdout().toStringUtf8();
  }
}
