package io.jukung.runtime.container;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.runtime.call.SingleFlight;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.handler.OciContainers;
import io.jukung.runtime.shim.PodShim;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.spec.Hooks;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.LogNames;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes containers, and kills them first if they run. Thread-safe. */
public final class ContainerRemover {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerRemover.class);

  /** Shorter than kubelet's limit of two minutes for a call. */
  private static final Duration POSTSTOP_WAIT = Duration.ofMinutes(1);

  private final ContainerStore containers;
  private final StateFiles files;
  private final ContainerSpecs specs;
  private final ContainerImages images;
  private final PodShims shims;
  private final PodCgroups cgroups;
  private final ContainerStopper stopper;
  private final LifecyclePlugins plugins;
  private final OciContainers runtimes;
  private final SingleFlight<String, String, String> flights =
      new SingleFlight<>("RemoveContainer");

  public ContainerRemover(
      ContainerStore containers,
      StateFiles files,
      ContainerSpecs specs,
      ContainerImages images,
      PodShims shims,
      PodCgroups cgroups,
      ContainerStopper stopper,
      LifecyclePlugins plugins,
      OciContainers runtimes) {
    this.containers = containers;
    this.files = files;
    this.specs = specs;
    this.images = images;
    this.shims = shims;
    this.cgroups = cgroups;
    this.stopper = stopper;
    this.plugins = plugins;
    this.runtimes = runtimes;
  }

  /** Removes the container with everything that belongs to it. Its log stays: kubelet owns that. */
  public void remove(Container container) throws IOException, InterruptedException {
    flights.join(container.id(), container.id(), () -> run(container));
  }

  /** The poststop hooks read config.json in the container's directory. */
  private void awaitPoststop(Container container) throws InterruptedException {
    Hooks hooks;
    try {
      hooks = specs.of(container.id()).hooks();
    } catch (IOException e) {
      LOG.debug("container {}: no hooks are known: {}", container.id(), e.getMessage());
      return;
    }
    if (hooks != null && !hooks.poststop().isEmpty() && !container.awaitCleanUp(POSTSTOP_WAIT)) {
      throw new CriException(
          ErrorKind.UNAVAILABLE,
          "removal of container " + container.id() + ": its poststop hooks run, try again later");
    }
  }

  private String run(Container container) throws IOException, InterruptedException {
    String id = container.id();
    stopper.kill(container);
    plugins.containerStopped(container);
    awaitPoststop(container);
    try (LifecyclePlugins.Step _ = plugins.begin(id);
        Container.Removal removal = container.beginRemoval()) {
      plugins.removeContainer(container);
      runtimes.discard(container.record());
      cgroups.remove(cgroups.at(container.record().cgroup()));
      forget(container);
      // From here on the container is gone, also for a daemon that starts after a crash.
      files.deleteContainer(id);
      specs.forget(id);
      images.release(id);
      containers.remove(container);
      removal.succeeded();
    }
    LOG.info("container {} removed", LogNames.container(container.record()));
    return id;
  }

  /** Tells the shim to forget the container. A shim that does not forget it ends with its pod. */
  private void forget(Container container) {
    Optional<PodShim> shim = shims.find(container.record().sandboxId());
    if (shim.isEmpty() || container.status().startedAt() == 0) {
      return;
    }
    try {
      shim.get().remove(container.id());
    } catch (IOException | CriException e) {
      LOG.warn("container {}: its shim does not forget it: {}", container.id(), e.getMessage());
    }
  }
}
