package io.jukung.engine.container;

import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.cri.v1.ContainerEventType;
import io.jukung.cri.v1.ContainerState;
import io.jukung.engine.daemon.EventHub;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.DaemonStatus;
import io.jukung.engine.request.DockerRecord;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Removes the containers that were made with AutoRemove when they have ended. Those whose end was
 * not told, because the engine or the daemon was away, are found by looking. Thread-safe.
 */
public final class AutoRemoval implements AutoCloseable {
  private static final Duration LOOK = Duration.ofSeconds(30);

  private final Lookup lookup;
  private final Removal removal;
  private final Consumer<String> log;
  private final Thread sweeper = Thread.ofVirtual().name("auto-remove").unstarted(this::sweep);

  public AutoRemoval(Lookup lookup, Removal removal, Consumer<String> log) {
    this.lookup = lookup;
    this.removal = removal;
    this.log = log;
  }

  /** Begins to remove containers, in the background, until this is closed. */
  public void start(EventHub events) {
    events.add(this::happened);
    sweeper.start();
  }

  private void happened(ContainerEventResponse event) {
    if (event.getContainerEventType() == ContainerEventType.CONTAINER_STOPPED_EVENT) {
      String id = event.getContainerId();
      Thread.ofVirtual().name("auto-remove").start(() -> removeEnded(id));
    }
  }

  private void sweep() {
    try {
      while (true) {
        look();
        Thread.sleep(LOOK);
      }
    } catch (InterruptedException e) {
      return; // the engine ends
    }
  }

  private void look() {
    try {
      lookup.containers().forEach(this::removeIfWanted);
    } catch (StatusRuntimeException e) {
      log.accept("containers with AutoRemove were not looked for: " + e.getMessage());
    }
  }

  private void removeEnded(String id) {
    try {
      lookup.containers().stream()
          .filter(each -> each.getId().equals(id))
          .forEach(this::removeIfWanted);
    } catch (StatusRuntimeException e) {
      log.accept("container " + id + " was not looked at: " + e.getMessage());
    }
  }

  private void removeIfWanted(Container container) {
    try {
      if (container.getState() == ContainerState.CONTAINER_EXITED
          && Lookup.isOwn(container)
          && DockerRecord.isRemovedAtItsEnd(container)) {
        removal.remove(container, /* withVolumes= */ true);
      }
    } catch (StatusRuntimeException e) {
      if (!DaemonStatus.isNotFound(e)) {
        notRemoved(container, e);
      }
    } catch (RuntimeException e) {
      notRemoved(container, e); // the next containers are removed all the same
    }
  }

  private void notRemoved(Container container, RuntimeException why) {
    log.accept("container " + container.getId() + " was not removed: " + why.getMessage());
  }

  @Override
  public void close() {
    sweeper.interrupt();
  }
}
