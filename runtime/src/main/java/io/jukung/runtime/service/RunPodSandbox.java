package io.jukung.runtime.service;

import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.RunPodSandboxResponse;
import io.jukung.linux.lsm.Selinux;
import io.jukung.runtime.call.Clock;
import io.jukung.runtime.call.Rollback;
import io.jukung.runtime.call.SingleFlight;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.pod.SandboxLifecycle;
import io.jukung.runtime.pod.SandboxRequest;
import io.jukung.runtime.spec.LabelRules;
import io.jukung.runtime.store.ObjectId;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxName;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a pod's sandbox. A request that is made again while the first is under way, as kubelet does
 * after a deadline, joins it and gets its result.
 */
public final class RunPodSandbox {
  private static final Logger LOG = LoggerFactory.getLogger(RunPodSandbox.class);

  private final SandboxStore sandboxes;
  private final StateFiles files;
  private final SandboxLifecycle lifecycle;
  private final PodCgroups cgroups;
  private final Selinux selinux = new Selinux(Path.of("/"));
  private final SingleFlight<SandboxName, RunPodSandboxRequest, String> flights =
      new SingleFlight<>("RunPodSandbox");

  /** Works with these. */
  public RunPodSandbox(
      SandboxStore sandboxes, StateFiles files, SandboxLifecycle lifecycle, PodCgroups cgroups) {
    this.sandboxes = sandboxes;
    this.files = files;
    this.lifecycle = lifecycle;
    this.cgroups = cgroups;
  }

  public RunPodSandboxResponse call(RunPodSandboxRequest request)
      throws IOException, InterruptedException {
    SandboxRecord intent = SandboxRequest.record(newId(), Clock.now(), request, cgroups::parent);
    SandboxName name = intent.name();
    String id = flights.join(name, request, () -> run(intent));
    if (sandboxes.find(id).isEmpty()) {
      // A result kept for a caller that came back too late: the pod is removed meanwhile.
      flights.forget(name);
      id = flights.join(name, request, () -> run(intent));
    }
    return RunPodSandboxResponse.newBuilder().setPodSandboxId(id).build();
  }

  private String newId() {
    return selinux.missing().isPresent()
        ? ObjectId.random()
        : LabelRules.newSandboxId(sandboxes.all().stream().map(Sandbox::id), ObjectId::random);
  }

  private String run(SandboxRecord intent) throws IOException, InterruptedException {
    String id = intent.id();
    try (Rollback rollback = Rollback.named("RunPodSandbox", id)) {
      sandboxes.names().reserve(intent.name(), id);
      rollback.undo("forget", () -> forget(intent, rollback));
      files.createSandbox(intent);
      SandboxRecord ready = lifecycle.setUp(intent, rollback);
      Sandbox sandbox = new Sandbox(ready);
      rollback.undo("withdraw sandbox", () -> sandboxes.withdraw(sandbox));
      sandboxes.add(sandbox);
      // The death of a shim changes the sandboxes that are known. It may have come before.
      lifecycle.requireShim(id);
      rollback.commit();
    }
    LOG.info("sandbox {} runs: {}", id, intent.name());
    return id;
  }

  /**
   * The last undo. Where others failed, the sandbox stays, stopped: kubelet will stop and remove
   * it, and that tries again.
   */
  private void forget(SandboxRecord intent, Rollback rollback) throws IOException {
    if (rollback.isClean()) {
      files.deleteSandbox(intent.id());
      sandboxes.names().release(intent.name(), intent.id());
      return;
    }
    SandboxRecord kept = files.readSandbox(intent.id()).notReady();
    files.writeSandbox(kept);
    sandboxes.add(new Sandbox(kept));
    LOG.warn("sandbox {} could not be undone, and is kept to be stopped again", intent.id());
  }
}
