package io.jukung.runtime.service;

import io.jukung.cri.v1.RemovePodSandboxRequest;
import io.jukung.cri.v1.RemovePodSandboxResponse;
import io.jukung.runtime.call.SingleFlight;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.container.ContainerRemover;
import io.jukung.runtime.container.LifecyclePlugins;
import io.jukung.runtime.pod.SandboxStopper;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.LogNames;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * RemovePodSandbox: removes a sandbox with its containers, and stops it first. An unknown sandbox
 * is a no-op. Log files stay, because kubelet owns them.
 */
public final class RemovePodSandbox {
  private static final Logger LOG = LoggerFactory.getLogger(RemovePodSandbox.class);

  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final StateFiles files;
  private final SandboxStopper stopper;
  private final ContainerRemover remover;
  private final PodCgroups cgroups;
  private final LifecyclePlugins plugins;
  private final SingleFlight<String, String, String> flights =
      new SingleFlight<>("RemovePodSandbox");

  public RemovePodSandbox(
      SandboxStore sandboxes,
      ContainerStore containers,
      StateFiles files,
      SandboxStopper stopper,
      ContainerRemover remover,
      PodCgroups cgroups,
      LifecyclePlugins plugins) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.files = files;
    this.stopper = stopper;
    this.remover = remover;
    this.cgroups = cgroups;
    this.plugins = plugins;
  }

  public RemovePodSandboxResponse call(RemovePodSandboxRequest request)
      throws IOException, InterruptedException {
    Optional<Sandbox> sandbox = sandboxes.find(request.getPodSandboxId());
    if (sandbox.isPresent()) {
      String id = sandbox.get().id();
      flights.join(id, id, () -> remove(sandbox.get()));
    }
    return RemovePodSandboxResponse.getDefaultInstance();
  }

  private String remove(Sandbox sandbox) throws IOException, InterruptedException {
    String id = sandbox.id();
    stopper.ensureStopped(sandbox);
    for (Container container : containers.of(id)) {
      remover.remove(container);
    }
    cgroups.removeLeftParents(sandbox.record());
    try (LifecyclePlugins.Step _ = plugins.begin(id)) {
      plugins.removePodSandbox(sandbox.record());
      files.deleteSandbox(id);
      sandboxes.remove(sandbox);
    }
    LOG.info("pod {} removed", LogNames.pod(sandbox.record()));
    return id;
  }
}
