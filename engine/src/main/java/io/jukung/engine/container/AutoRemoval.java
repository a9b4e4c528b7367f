package io.jukung.engine.container;

import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.cri.v1.ContainerEventType;
import io.jukung.cri.v1.ContainerState;
import io.jukung.engine.daemon.EventHub;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.DaemonStatus;
import java.util.function.Consumer;

/**
 * Removes the containers that were made with AutoRemove when they have ended. Those that end while
 * the engine is away are removed when it starts. Thread-safe.
 */
public final class AutoRemoval {
  private final Lookup lookup;
  private final Removal removal;
  private final Consumer<String> log;

  public AutoRemoval(Lookup lookup, Removal removal, Consumer<String> log) {
    this.lookup = lookup;
    this.removal = removal;
    this.log = log;
  }

  /** Begins to remove containers, in the background. */
  public void start(EventHub events) {
    events.add(this::happened);
    Thread.ofVirtual().name("auto-remove").start(this::sweep);
  }

  private void happened(ContainerEventResponse event) {
    if (event.getContainerEventType() == ContainerEventType.CONTAINER_STOPPED_EVENT) {
      String id = event.getContainerId();
      Thread.ofVirtual().name("auto-remove").start(() -> removeEnded(id));
    }
  }

  private void sweep() {
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
    if (container.getState() != ContainerState.CONTAINER_EXITED
        || !Lookup.isOwn(container)
        || !DockerRecord.of(container.getAnnotationsMap()).autoRemove()) {
      return;
    }
    try {
      removal.remove(container, /* withVolumes= */ true);
    } catch (StatusRuntimeException e) {
      if (!DaemonStatus.isNotFound(e)) {
        log.accept("container " + container.getId() + " was not removed: " + e.getMessage());
      }
    }
  }
}
