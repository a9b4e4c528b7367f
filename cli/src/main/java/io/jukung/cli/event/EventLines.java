package io.jukung.cli.event;

import io.jukung.cli.event.EventLine.Action;
import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.cri.v1.ContainerEventType;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.PodSandboxMetadata;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Makes lines of events. Remembers the names of containers until they are deleted. */
final class EventLines {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /** As many as the node has containers. */
  private final Map<String, String> names = new HashMap<>();

  void learn(String id, String name) {
    names.put(id, name);
  }

  EventLine of(ContainerEventResponse event) {
    for (ContainerStatus status : event.getContainersStatusesList()) {
      learn(status.getId(), status.getMetadata().getName());
    }
    String id = event.getContainerId();
    PodSandboxMetadata pod = event.getPodSandboxStatus().getMetadata();
    boolean isPod = id.equals(event.getPodSandboxStatus().getId());
    Action action = action(event.getContainerEventType());
    String name = isPod ? pod.getName() : names.getOrDefault(id, "");
    if (action == Action.DELETE) {
      names.remove(id);
    }
    return new EventLine(
        Instant.ofEpochSecond(
            event.getCreatedAt() / NANOS_PER_SECOND, event.getCreatedAt() % NANOS_PER_SECOND),
        isPod ? EventLine.Type.POD : EventLine.Type.CONTAINER,
        action,
        id,
        name,
        pod.getName(),
        pod.getNamespace(),
        action == Action.STOP ? exitCode(event) : Optional.empty());
  }

  private static Optional<Integer> exitCode(ContainerEventResponse event) {
    return event.getContainersStatusesList().stream()
        .filter(status -> status.getId().equals(event.getContainerId()))
        .filter(status -> status.getState() == ContainerState.CONTAINER_EXITED)
        .map(ContainerStatus::getExitCode)
        .findFirst();
  }

  private static Action action(ContainerEventType type) {
    return switch (type) {
      case CONTAINER_CREATED_EVENT -> Action.CREATE;
      case CONTAINER_STARTED_EVENT -> Action.START;
      case CONTAINER_STOPPED_EVENT -> Action.STOP;
      case CONTAINER_DELETED_EVENT -> Action.DELETE;
      case UNRECOGNIZED -> Action.OTHER;
    };
  }
}
