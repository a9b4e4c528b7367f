package io.jukung.runtime.service;

import io.jukung.cri.v1.StopPodSandboxRequest;
import io.jukung.cri.v1.StopPodSandboxResponse;
import io.jukung.runtime.pod.SandboxStopper;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxStore;
import java.io.IOException;
import java.util.Optional;

/** StopPodSandbox: stops a sandbox and kills its containers. An unknown sandbox is a no-op. */
public final class StopPodSandbox {
  private final SandboxStore sandboxes;
  private final SandboxStopper stopper;

  public StopPodSandbox(SandboxStore sandboxes, SandboxStopper stopper) {
    this.sandboxes = sandboxes;
    this.stopper = stopper;
  }

  public StopPodSandboxResponse call(StopPodSandboxRequest request)
      throws IOException, InterruptedException {
    Optional<Sandbox> sandbox = sandboxes.find(request.getPodSandboxId());
    if (sandbox.isPresent()) {
      stopper.stop(sandbox.get());
    }
    return StopPodSandboxResponse.getDefaultInstance();
  }
}
