package io.jukung.runtime.life;

import io.jukung.cri.CriException;
import io.jukung.runtime.call.NamedLocks;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.pod.SandboxStopper;
import io.jukung.runtime.store.ChangeListener;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops the pod of a container of jukung's own when the container has ended, so that the pod's
 * address and ports are free. The files, the name and the log stay. Kubelet's pods are left alone.
 * Thread-safe.
 */
public final class PodRest implements ChangeListener {
  private static final Logger LOG = LoggerFactory.getLogger(PodRest.class);

  /**
   * How many pods are stopped at a time, so that many ends at once do not start as many plugins.
   */
  private static final int MAX_AT_ONCE = 8;

  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final SandboxStopper stopper;
  private final StatePaths paths;
  private final NamedLocks lives;
  private final Semaphore room = new Semaphore(MAX_AT_ONCE);
  private volatile boolean serves;

  /**
   * @param lives held while a container is started or its pod put to rest, by container id
   */
  public PodRest(
      SandboxStore sandboxes,
      ContainerStore containers,
      SandboxStopper stopper,
      StatePaths paths,
      NamedLocks lives) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.stopper = stopper;
    this.paths = paths;
    this.lives = lives;
  }

  @Override
  public void changed(Container container, Change change) {
    if (serves && change == Change.STOPPED && container.status().isExited()) {
      sandboxes.find(container.record().sandboxId()).ifPresent(this::restSoon);
    }
  }

  @Override
  public void changed(Sandbox sandbox, Change change) {
    // A pod comes to rest with its container.
  }

  /**
   * Puts the pods to rest whose containers have ended while no daemon ran, and those that a crash
   * has left half made. To be called when the pods of the earlier daemon are taken up.
   */
  public void begin() {
    serves = true;
    sandboxes.all().forEach(this::restSoon);
  }

  private void restSoon(Sandbox sandbox) {
    if (OwnContainers.isOwn(sandbox.record())) {
      Thread.ofVirtual().name("rest of " + sandbox.id()).start(() -> rest(sandbox));
    }
  }

  private void rest(Sandbox sandbox) {
    List<Container> members = containers.of(sandbox.id());
    boolean isGone = sandboxes.find(sandbox.id()).filter(each -> each == sandbox).isEmpty();
    if (isGone || members.size() != 1) {
      return; // not made by jukung's client, or not made completely
    }
    Container container = members.getFirst();
    try (NamedLocks.Held _ = lives.acquire(container.id())) {
      room.acquire();
      try {
        if (isDue(sandbox, container)) {
          stop(sandbox);
        }
      } finally {
        room.release();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the pod has no process and something of it is still there. */
  private boolean isDue(Sandbox sandbox, Container container) {
    SandboxRecord record = sandbox.record();
    if (record.isReady()) {
      return container.status().isExited(); // a CREATED container may be about to be started
    }
    return !container.status().mayRun()
        && (record.networkSetUp()
            || record.shimPid() != 0
            || Files.exists(paths.sandboxState(sandbox.id())));
  }

  /** Stops the pod. A failure is logged: the next start or removal stops the pod again. */
  void stop(Sandbox sandbox) throws InterruptedException {
    try {
      stopper.stop(sandbox);
    } catch (IOException | CriException e) {
      LOG.warn(
          "pod of an ended container cannot be stopped, and is stopped again with its next start or"
              + " removal: {}",
          e.getMessage());
    }
  }
}
