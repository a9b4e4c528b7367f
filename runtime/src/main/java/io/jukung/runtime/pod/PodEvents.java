package io.jukung.runtime.pod;

import io.jukung.linux.cgroup.Cgroup;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.container.LeftOutOutput;
import io.jukung.runtime.container.ShimMessages;
import io.jukung.runtime.container.UnwatchedContainers;
import io.jukung.runtime.hook.ContainerHooks;
import io.jukung.runtime.shim.PodShim;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerExit;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.LogNames;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StateFiles;
import io.jukung.shim.v1.ContainerExited;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Applies what shims report to the state of containers and sandboxes. Thread-safe. */
public final class PodEvents implements PodShim.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(PodEvents.class);

  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final StateFiles files;
  private final PodShims shims;
  private final PodCgroups cgroups;
  private final LeftOutOutput leftOut;
  private final ContainerHooks hooks;
  private final UnwatchedContainers unwatched;

  public PodEvents(
      SandboxStore sandboxes,
      ContainerStore containers,
      StateFiles files,
      PodShims shims,
      PodCgroups cgroups,
      LeftOutOutput leftOut,
      ContainerHooks hooks) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.files = files;
    this.shims = shims;
    this.cgroups = cgroups;
    this.leftOut = leftOut;
    this.hooks = hooks;
    this.unwatched = new UnwatchedContainers(files, cgroups);
  }

  @Override
  public void containerExited(String sandboxId, ContainerExited exit) {
    if (exit.getContainerId().equals(sandboxId)) {
      pidNamespaceEnded(sandboxId);
      return;
    }
    Optional<Container> container = containers.find(exit.getContainerId());
    if (container.isEmpty()) {
      LOG.debug("container {} exited and is removed already", exit.getContainerId());
      return;
    }
    leftOut.ended(container.get(), exit.getLogLeftOut());
    exited(container.get(), ShimMessages.exit(exit));
  }

  @Override
  public void logLeftOut(String containerId, long bytes) {
    containers
        .find(containerId)
        .filter(container -> !container.status().isExited())
        .ifPresent(container -> leftOut.told(container, bytes));
  }

  /** Applies an exit, and ends what the container left behind. */
  public void exited(Container container, ContainerExit exit) {
    String id = container.id();
    Cgroup cgroup = cgroups.at(container.record().cgroup());
    CompletableFuture<Void> cleanUp = container.beginCleanUp();
    try {
      // In a shared pid namespace, processes outlive the first one.
      cgroup.kill();
    } catch (IOException e) {
      LOG.warn(
          "container {}: processes that outlived the first one cannot be killed: {}",
          id,
          e.getMessage());
    }
    try {
      container.exited(exit);
      LOG.info(
          "container {} exited with code {}{}",
          LogNames.container(container.record()),
          exit.code(),
          exit.why().isEmpty() ? "" : ": " + exit.why());
    } catch (IOException e) {
      // The next start of the daemon reads exit.json.
      LOG.error("container {}: its exit cannot be recorded", id, e);
    }
    if (container.status().isExited()) {
      // A process that hangs in the kernel may delay the removal, which must not delay events.
      Thread.ofVirtual()
          .name("remove cgroup of " + id)
          .start(() -> cleanUp(container, cgroup, cleanUp));
    } else {
      cleanUp.complete(null);
    }
  }

  private void cleanUp(Container container, Cgroup cgroup, CompletableFuture<Void> cleanUp) {
    try {
      try {
        cgroups.remove(cgroup);
      } catch (IOException e) {
        LOG.warn("{} cannot be removed: {}", cgroup, e.getMessage());
      }
      hooks.poststop(container);
    } finally {
      cleanUp.complete(null);
    }
  }

  @Override
  public void shimDied(String sandboxId) {
    if (shims.remove(sandboxId).isEmpty()) {
      return; // nobody has added the shim yet: PodShims.add will refuse it
    }
    LOG.error(
        "the shim of pod {} died",
        sandboxes.find(sandboxId).map(each -> LogNames.pod(each.record())).orElse(sandboxId));
    Thread.ofVirtual().name("shim of " + sandboxId + " died").start(() -> lost(sandboxId));
  }

  /** Ends a pod whose shim is gone: nobody watches its processes any more. */
  public void lost(String sandboxId) {
    sandboxes.find(sandboxId).ifPresent(this::notReady);
    for (Container container : containers.of(sandboxId)) {
      if (!container.status().isExited()) {
        lost(container);
      }
    }
  }

  private void lost(Container container) {
    try {
      unwatched.end(container, "its shim died, and with it the container's exit code");
    } catch (IOException | RuntimeException e) {
      LOG.error(
          "container {}: it cannot be ended, or its end cannot be recorded", container.id(), e);
    }
  }

  private void pidNamespaceEnded(String sandboxId) {
    Optional<Sandbox> sandbox = sandboxes.find(sandboxId);
    if (sandbox.isPresent() && sandbox.get().isReady() && shims.find(sandboxId).isPresent()) {
      LOG.warn("sandbox {}: the process that held its pid namespace ended", sandboxId);
      notReady(sandbox.get());
    }
  }

  private void notReady(Sandbox sandbox) {
    try {
      sandbox.notReady(files);
    } catch (IOException e) {
      LOG.error("sandbox {}: NOT_READY cannot be recorded", sandbox.id(), e);
    }
  }
}
