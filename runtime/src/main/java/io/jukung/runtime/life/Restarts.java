package io.jukung.runtime.life;

import io.jukung.cri.CriException;
import io.jukung.runtime.call.NamedLocks;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.ChangeListener;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.LogNames;
import io.jukung.runtime.store.RestartRecord;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts containers of jukung's own again when they have ended, as their {@link RestartPolicy}
 * says, also those that have ended while no daemon ran. What somebody has stopped stays stopped.
 * Kubelet restarts its containers itself. Thread-safe.
 */
public final class Restarts implements ChangeListener {
  private static final Logger LOG = LoggerFactory.getLogger(Restarts.class);

  /** How many containers are started at a time: after a boot all of them are to be started. */
  private static final int MAX_AT_ONCE = 8;

  /** Starts a container again, like {@link StartAgain#restart}. */
  @FunctionalInterface
  public interface Starter {
    /** Starts the container, which may run already. */
    void restart(Container container) throws IOException, InterruptedException;
  }

  private final OwnContainers own;
  private final ContainerStore containers;
  private final StateFiles files;
  private final RestartDelays delays = new RestartDelays();

  /** Held while the record of a container is changed, by container id. */
  private final NamedLocks records = new NamedLocks();

  /** The ids of the containers for which a thread waits or works. */
  private final Set<String> waiting = ConcurrentHashMap.newKeySet();

  private final Semaphore room = new Semaphore(MAX_AT_ONCE);
  private volatile @Nullable Starter starter;

  public Restarts(OwnContainers own, ContainerStore containers, StateFiles files) {
    this.own = own;
    this.containers = containers;
    this.files = files;
  }

  /**
   * Begins to restart containers, with those that have ended already. To be called once, when the
   * pods of the earlier daemon are taken up. Until then no container is restarted.
   */
  public void begin(Starter with) {
    starter = with;
    for (Container container : containers.all()) {
      if (container.status().isExited()) {
        soon(container, /* daemonStarts= */ true);
      }
    }
  }

  @Override
  public void changed(Container container, Change change) {
    if (change == Change.DELETED) {
      delays.forget(container.id());
    } else if (starter != null && change == Change.STOPPED && container.status().isExited()) {
      soon(container, /* daemonStarts= */ false);
    }
  }

  @Override
  public void changed(Sandbox sandbox, Change change) {
    // The policy is that of a container.
  }

  /**
   * Says that somebody is about to stop the container, which then is not restarted. To be called
   * before it ends. Does nothing for a container that has no restart policy.
   */
  public void stopping(Container container) throws IOException {
    if (hasPolicy(container)) {
      try (NamedLocks.Held _ = records.acquire(container.id())) {
        files.writeRestarts(container.id(), files.readRestarts(container.id()).withStop());
      }
    }
  }

  /** Says that somebody starts the container: what was before does not count any more. */
  void starting(Container container) throws IOException {
    if (hasPolicy(container)) {
      delays.forget(container.id());
      try (NamedLocks.Held _ = records.acquire(container.id())) {
        files.writeRestarts(container.id(), RestartRecord.fresh());
      }
    }
  }

  /**
   * Gives the container another policy, which holds from its next end on. One that does not run and
   * had no policy counts as stopped.
   *
   * @param policy what {@link RestartPolicy#parse} accepts
   */
  void setPolicy(Container container, String policy) throws IOException {
    String id = container.id();
    try (NamedLocks.Held _ = records.acquire(id)) {
      if (!hasPolicy(container) && !container.status().mayRun()) {
        files.writeRestarts(id, RestartRecord.fresh().withStop());
      }
      container.annotate(RestartPolicy.ANNOTATION, policy);
    }
  }

  /** How often the container was restarted since somebody started it. */
  int count(Container container) throws IOException {
    return hasPolicy(container) ? files.readRestarts(container.id()).restarts() : 0;
  }

  /** Whether the container does not run, and is started again after a delay or at this moment. */
  boolean isAbout(Container container) throws IOException {
    return waiting.contains(container.id())
        && (container.status().isCreated() || isDue(container, /* daemonStarts= */ false));
  }

  private boolean hasPolicy(Container container) {
    return container.record().annotations().containsKey(RestartPolicy.ANNOTATION)
        && own.isOwn(container);
  }

  private void soon(Container container, boolean daemonStarts) {
    if (hasPolicy(container) && waiting.add(container.id())) {
      Thread.ofVirtual()
          .name("restart of " + container.id())
          .start(() -> restart(container, daemonStarts));
    }
  }

  /**
   * Restarts the container until that succeeds or is not due any more. The end of a start that
   * failed is told like every end, and is left to the thread that restarts the container already.
   */
  private void restart(Container container, boolean daemonStarts) {
    String id = container.id();
    try {
      boolean again = isDue(container, daemonStarts);
      while (again) {
        Thread.sleep(delays.next(id, container.status()));
        again = isToBeTriedAgain(container, daemonStarts);
        if (!again) {
          waiting.remove(id);
          // It may have ended since, when this thread was still the one that restarts it.
          again = isDue(container, /* daemonStarts= */ false) && waiting.add(id);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      String name = LogNames.container(container.record());
      if (Files.isDirectory(files.paths().container(id))) {
        LOG.warn("container {} is not restarted: {}", name, e.getMessage());
      } else {
        LOG.debug("container {} was removed before its restart: {}", name, e.getMessage());
      }
    } finally {
      waiting.remove(id);
    }
  }

  private boolean isDue(Container container, boolean daemonStarts) throws IOException {
    boolean isHere = containers.find(container.id()).filter(each -> each == container).isPresent();
    if (!isHere || !container.status().isExited()) {
      return false;
    }
    RestartPolicy policy = RestartPolicy.of(container);
    RestartRecord record = files.readRestarts(container.id());
    int exitCode = container.status().exitCode();
    return daemonStarts
        ? policy.restartsWithDaemon(exitCode, record)
        : policy.restarts(exitCode, record);
  }

  /** Starts the container, unless it was stopped, started or removed during the delay. */
  private boolean isToBeTriedAgain(Container container, boolean daemonStarts)
      throws IOException, InterruptedException {
    String id = container.id();
    try (NamedLocks.Held _ = records.acquire(id)) {
      if (!isDue(container, daemonStarts)) {
        return false;
      }
      files.writeRestarts(id, files.readRestarts(id).withRestart());
    }
    room.acquire();
    try {
      Objects.requireNonNull(starter, "starter").restart(container);
      LOG.info("container {} restarted", LogNames.container(container.record()));
      return false;
    } catch (IOException | CriException e) {
      LOG.warn(
          "restart of container {} failed: {}",
          LogNames.container(container.record()),
          e.getMessage());
      return true;
    } finally {
      room.release();
    }
  }
}
