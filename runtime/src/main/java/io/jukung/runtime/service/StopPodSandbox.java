package io.jukung.runtime.service;

import io.jukung.cri.v1.StopPodSandboxRequest;
import io.jukung.cri.v1.StopPodSandboxResponse;
import io.jukung.runtime.life.Restarts;
import io.jukung.runtime.pod.SandboxStopper;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxStore;
import java.io.IOException;
import java.util.Optional;

/** StopPodSandbox: stops a sandbox and kills its containers. An unknown sandbox is a no-op. */
public final class StopPodSandbox {
  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final SandboxStopper stopper;
  private final Restarts restarts;

  public StopPodSandbox(
      SandboxStore sandboxes,
      ContainerStore containers,
      SandboxStopper stopper,
      Restarts restarts) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.stopper = stopper;
    this.restarts = restarts;
  }

  public StopPodSandboxResponse call(StopPodSandboxRequest request)
      throws IOException, InterruptedException {
    Optional<Sandbox> sandbox = sandboxes.find(request.getPodSandboxId());
    if (sandbox.isPresent()) {
      for (Container container : containers.of(sandbox.get().id())) {
        restarts.stopping(container);
      }
      stopper.stop(sandbox.get());
    }
    return StopPodSandboxResponse.getDefaultInstance();
  }
}
