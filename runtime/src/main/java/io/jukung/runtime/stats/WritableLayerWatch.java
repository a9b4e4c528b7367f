package io.jukung.runtime.stats;

import io.jukung.runtime.container.ContainerStopper;
import io.jukung.runtime.container.WritableLayerLimits;
import io.jukung.runtime.store.ChangeListener;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerExit;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.LogNames;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kills containers that have written more than they may, where the file system cannot keep them
 * from it. A thread measures such containers again and again as long as one runs. Thread-safe.
 */
public final class WritableLayerWatch implements ChangeListener {
  private static final Logger LOG = LoggerFactory.getLogger(WritableLayerWatch.class);

  /** What the status of a killed container says. */
  private static final String REASON = "WritableLayerFull";

  /** How long a round waits for its counts. Those that take longer count in the next round. */
  private static final Duration COUNT_WAIT = Duration.ofSeconds(5);

  private final ContainerStore containers;
  private final StatePaths paths;
  private final WritableLayerLimits limits;
  private final ContainerStopper stopper;
  private final WritableLayers layers = new WritableLayers();

  /** The limits in bytes of the running containers that are measured, by container id. */
  private final Map<String, Long> measured = new ConcurrentHashMap<>();

  private final ReentrantLock lock = new ReentrantLock();
  private boolean isWatching;

  public WritableLayerWatch(
      ContainerStore containers,
      StatePaths paths,
      WritableLayerLimits limits,
      ContainerStopper stopper) {
    this.containers = containers;
    this.paths = paths;
    this.limits = limits;
    this.stopper = stopper;
  }

  /** Begins with the containers that run. To be called when the pods are taken up. */
  public void begin() {
    containers.all().stream()
        .filter(container -> container.status().isRunning())
        .forEach(this::consider);
  }

  @Override
  public void changed(Container container, Change change) {
    switch (change) {
      case STARTED -> consider(container);
      case STOPPED, DELETED -> measured.remove(container.id());
      case CREATED -> {}
    }
  }

  @Override
  public void changed(Sandbox sandbox, Change change) {}

  private void consider(Container container) {
    try {
      long bytes = limits.measuredBytes(container.id());
      if (bytes > 0) {
        measured.put(container.id(), bytes);
        ensureWatching();
      }
    } catch (IOException e) {
      LOG.warn(
          "container {} is not measured: {}", LogNames.container(container.record()), e.toString());
    }
  }

  private void ensureWatching() {
    lock.lock();
    try {
      if (!isWatching) {
        isWatching = true;
        Thread.ofVirtual().name("writable layer limits").start(this::watch);
      }
    } finally {
      lock.unlock();
    }
  }

  private void watch() {
    try {
      while (goesOn()) {
        Thread.sleep(limits.measureEvery());
        tryToLook();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody interrupts this thread
    }
  }

  /** A round that fails must not be the last one. */
  private void tryToLook() throws InterruptedException {
    try {
      look();
    } catch (RuntimeException e) {
      LOG.warn("writable layers are not measured in this round", e);
    }
  }

  /** Ends the watch if no container is left, at the same time as a new one cannot begin. */
  private boolean goesOn() {
    lock.lock();
    try {
      isWatching = !measured.isEmpty();
      return isWatching;
    } finally {
      lock.unlock();
    }
  }

  private void look() throws InterruptedException {
    Map<String, Path> directories = new LinkedHashMap<>();
    measured.keySet().removeIf(this::isForTheKernel);
    for (String id : measured.keySet()) {
      directories.put(id, paths.containerUpper(id));
    }
    Map<String, WritableLayers.Count> counts = layers.of(directories, COUNT_WAIT);
    layers.retain(directories.keySet());
    for (Map.Entry<String, WritableLayers.Count> each : counts.entrySet()) {
      Long limit = measured.get(each.getKey());
      long bytes = each.getValue().usage().bytes();
      if (limit != null && bytes > limit) {
        kill(each.getKey(), bytes, limit);
      }
    }
  }

  private boolean isForTheKernel(String id) {
    try {
      return limits.isKernelEnforcing(id);
    } catch (IOException e) {
      LOG.debug("container {}: {}", id, e.getMessage()); // its directory is being deleted
      return false;
    }
  }

  private void kill(String id, long bytes, long limit) throws InterruptedException {
    Optional<Container> container = containers.find(id);
    if (container.isEmpty()) {
      return;
    }
    String why =
        "it had written %s into its root file system, and its limit is %s"
            .formatted(mebibytes(bytes), mebibytes(limit));
    LOG.warn("container {} is killed: {}", LogNames.container(container.get().record()), why);
    container.get().killing(new ContainerExit.Kill(REASON, "the daemon killed it: " + why));
    try {
      stopper.kill(container.get());
    } catch (IOException | RuntimeException e) {
      LOG.warn("container {} cannot be killed, and is killed again later", id, e);
    }
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
  }
}
