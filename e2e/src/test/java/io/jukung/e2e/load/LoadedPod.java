package io.jukung.e2e.load;

import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.RemoveContainerRequest;
import io.jukung.cri.v1.RemovePodSandboxRequest;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import io.jukung.cri.v1.StartContainerRequest;
import io.jukung.cri.v1.StopContainerRequest;
import io.jukung.cri.v1.StopPodSandboxRequest;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Testbed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A pod with one container, made and removed call by call as kubelet does, with kubelet's timeout.
 *
 * @param log the file of the container's log
 */
record LoadedPod(Testbed testbed, String id, String container, Path log) {
  /** RunPodSandbox has 4 minutes in kubelet. Under load each call may take as long. */
  static final Duration TIMEOUT = Duration.ofMinutes(4);

  private static final String NAME = "main";

  static LoadedPod start(Testbed testbed, String name, NamespaceMode network, List<String> command)
      throws Exception {
    PodSandboxConfig config = testbed.podConfig(name, network).build();
    RuntimeServiceBlockingStub runtime = testbed.client().runtime(TIMEOUT);
    String id =
        runtime
            .runPodSandbox(RunPodSandboxRequest.newBuilder().setConfig(config).build())
            .getPodSandboxId();
    String container =
        runtime
            .createContainer(
                CreateContainerRequest.newBuilder()
                    .setPodSandboxId(id)
                    .setConfig(Requests.container(config, NAME, testbed.busybox(), command))
                    .setSandboxConfig(config)
                    .build())
            .getContainerId();
    runtime.startContainer(StartContainerRequest.newBuilder().setContainerId(container).build());
    return new LoadedPod(testbed, id, container, Path.of(config.getLogDirectory(), NAME + ".log"));
  }

  /** A pod whose container sleeps. */
  static LoadedPod asleep(Testbed testbed, String name, NamespaceMode network) throws Exception {
    return start(testbed, name, network, List.of("sleep", "100000"));
  }

  /** Stops and removes the container, then the pod. */
  void remove() {
    RuntimeServiceBlockingStub runtime = testbed.client().runtime(TIMEOUT);
    runtime.stopContainer(StopContainerRequest.newBuilder().setContainerId(container).build());
    runtime.removeContainer(RemoveContainerRequest.newBuilder().setContainerId(container).build());
    runtime.stopPodSandbox(StopPodSandboxRequest.newBuilder().setPodSandboxId(id).build());
    runtime.removePodSandbox(RemovePodSandboxRequest.newBuilder().setPodSandboxId(id).build());
  }
}
