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
 * RunPodSandbox: makes a pod's sandbox. A request that is repeated while the first one is under
 * way, as kubelet does after a deadline, waits for the first one and gets its result.
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
      // The result of an earlier call, whose pod is removed already.
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
      // The shim may have died before the sandbox was in the store, and nobody has acted on that.
      lifecycle.requireShim(id);
      rollback.commit();
    }
    LOG.info("sandbox {} runs: {}", id, intent.name());
    return id;
  }

  /**
   * The last undo. If others failed, the sandbox stays, NOT_READY: kubelet stops and removes it,
   * which tries them again.
   */
  private void forget(SandboxRecord intent, Rollback rollback) throws IOException {
    if (rollback.isClean()) {
      files.deleteSandbox(intent.id());
      sandboxes.names().release(intent.name(), intent.id());
      return;
    }
    LOG.warn("sandbox {} could not be undone, and is kept to be stopped again", intent.id());
    SandboxRecord kept = latest(intent).notReady();
    sandboxes.add(new Sandbox(kept)); // first: a sandbox that is in no list cannot be stopped
    files.writeSandbox(kept);
  }

  private SandboxRecord latest(SandboxRecord intent) {
    try {
      return files.readSandbox(intent.id());
    } catch (IOException e) {
      LOG.warn("sandbox {}: {}", intent.id(), e.getMessage());
      return intent;
    }
  }
}
