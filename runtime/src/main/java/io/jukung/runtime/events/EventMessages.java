package io.jukung.runtime.events;

import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.cri.v1.ContainerEventType;
import io.jukung.runtime.call.Clock;
import io.jukung.runtime.container.ContainerViews;
import io.jukung.runtime.pod.SandboxViews;
import io.jukung.runtime.store.ChangeListener.Change;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import java.util.Optional;

/**
 * Builds the message for an event: what has happened, and the whole pod as it is at that moment.
 * kubelet replaces all that it knows of the pod by that.
 */
final class EventMessages {
  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final ContainerViews views;

  EventMessages(SandboxStore sandboxes, ContainerStore containers, ContainerViews views) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.views = views;
  }

  /** The event of a container. A deleted container is not among the statuses any more. */
  ContainerEventResponse of(Container container, Change change) {
    String sandboxId = container.record().sandboxId();
    return message(
        container.id(), sandboxId, change, sandboxes.find(sandboxId).map(Sandbox::record));
  }

  /**
   * The event of a sandbox, whose id stands for that of a container. Also the event of a deleted
   * sandbox has its status: kubelet finds the pod by that.
   */
  ContainerEventResponse of(Sandbox sandbox, Change change) {
    return message(sandbox.id(), sandbox.id(), change, Optional.of(sandbox.record()));
  }

  private ContainerEventResponse message(
      String id, String sandboxId, Change change, Optional<SandboxRecord> sandbox) {
    ContainerEventResponse.Builder event =
        ContainerEventResponse.newBuilder()
            .setContainerId(id)
            .setContainerEventType(type(change))
            // Taken before the states are read: kubelet keeps the newer one of two reports.
            .setCreatedAt(Clock.later());
    sandbox.map(SandboxViews::status).ifPresent(event::setPodSandboxStatus);
    for (Container each : containers.of(sandboxId)) {
      event.addContainersStatuses(views.status(each.record(), each.status()));
    }
    return event.build();
  }

  private static ContainerEventType type(Change change) {
    return switch (change) {
      case CREATED -> ContainerEventType.CONTAINER_CREATED_EVENT;
      case STARTED -> ContainerEventType.CONTAINER_STARTED_EVENT;
      case STOPPED -> ContainerEventType.CONTAINER_STOPPED_EVENT;
      case DELETED -> ContainerEventType.CONTAINER_DELETED_EVENT;
    };
  }
}
