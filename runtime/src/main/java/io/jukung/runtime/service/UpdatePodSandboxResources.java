package io.jukung.runtime.service;

import io.jukung.cri.v1.UpdatePodSandboxResourcesRequest;
import io.jukung.cri.v1.UpdatePodSandboxResourcesResponse;
import io.jukung.runtime.call.Rollback;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.container.LifecyclePlugins;
import io.jukung.runtime.spec.ResourceRecords;
import io.jukung.runtime.spec.ResourceRules;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord.PodLimits;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;

/**
 * UpdatePodSandboxResources: records a pod's new limits. If kubelet made the pod's cgroup, it has
 * set them already. On a cgroup that the daemon made they are set here, all or none.
 */
public final class UpdatePodSandboxResources {
  private final SandboxStore sandboxes;
  private final StateFiles files;
  private final PodCgroups cgroups;
  private final LifecyclePlugins plugins;

  public UpdatePodSandboxResources(
      SandboxStore sandboxes, StateFiles files, PodCgroups cgroups, LifecyclePlugins plugins) {
    this.sandboxes = sandboxes;
    this.files = files;
    this.cgroups = cgroups;
    this.plugins = plugins;
  }

  public UpdatePodSandboxResourcesResponse call(UpdatePodSandboxResourcesRequest request)
      throws IOException {
    ResourceRules.check(request.getOverhead());
    ResourceRules.check(request.getResources());
    Sandbox sandbox = sandboxes.get(request.getPodSandboxId());
    sandbox.limitsLock().lock();
    try (Sandbox.Operation _ = sandbox.begin("UpdatePodSandboxResources " + sandbox.id());
        Rollback rollback = Rollback.named("UpdatePodSandboxResources", sandbox.id())) {
      plugins.updatePodSandbox(sandbox.record(), request.getOverhead(), request.getResources());
      PodLimits next =
          ResourceRecords.updated(
              sandbox.record().limits(), request.getOverhead(), request.getResources());
      cgroups.limitPod(sandbox.record().withLimits(next), rollback);
      sandbox.update(files, record -> record.withLimits(next));
      rollback.commit();
      plugins.postUpdatePodSandbox(sandbox.record());
    } finally {
      sandbox.limitsLock().unlock();
    }
    return UpdatePodSandboxResourcesResponse.getDefaultInstance();
  }
}
