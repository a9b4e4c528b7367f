package io.jukung.e2e.model;

import io.jukung.cri.v1.ContainerEventType;
import io.jukung.cri.v1.ContainerState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the node must hold, and what must have been told of each object, after the steps so far. */
final class Oracle {
  static final int PODS = 2;
  static final int CONTAINERS = 4;

  /** The exit code after SIGKILL. */
  static final int KILLED = 137;

  private final Pod[] pods = new Pod[PODS];
  private final Container[] containers = new Container[CONTAINERS];
  private final Map<String, List<ContainerEventType>> told = new HashMap<>();

  static final class Pod {
    final String id;
    boolean ready = true;

    Pod(String id) {
      this.id = id;
    }
  }

  static final class Container {
    final String id;
    final int podPlace;
    final Pod pod;
    ContainerState state = ContainerState.CONTAINER_CREATED;
    int exitCode;

    Container(String id, int podPlace, Pod pod) {
      this.id = id;
      this.podPlace = podPlace;
      this.pod = pod;
    }

    boolean runs() {
      return state == ContainerState.CONTAINER_RUNNING;
    }
  }

  @Nullable Pod pod(int place) {
    return pods[place];
  }

  @Nullable Container container(int place) {
    return containers[place];
  }

  /** The pods by their ids. */
  Map<String, Pod> pods() {
    Map<String, Pod> all = new LinkedHashMap<>();
    for (Pod pod : pods) {
      if (pod != null) {
        all.put(pod.id, pod);
      }
    }
    return all;
  }

  /** The containers by their ids. */
  Map<String, Container> containers() {
    Map<String, Container> all = new LinkedHashMap<>();
    for (Container container : containers) {
      if (container != null) {
        all.put(container.id, container);
      }
    }
    return all;
  }

  List<Container> containersOf(Pod pod) {
    return containers().values().stream().filter(each -> each.pod == pod).toList();
  }

  /** Everything that must have been told of each object, in order. */
  Map<String, List<ContainerEventType>> told() {
    return told;
  }

  private void tell(String id, ContainerEventType... types) {
    told.computeIfAbsent(id, _ -> new ArrayList<>()).addAll(List.of(types));
  }

  void ran(int place, String id) {
    pods[place] = new Pod(id);
    tell(
        id, ContainerEventType.CONTAINER_CREATED_EVENT, ContainerEventType.CONTAINER_STARTED_EVENT);
  }

  void stopped(Pod pod) {
    if (pod.ready) {
      pod.ready = false;
      tell(pod.id, ContainerEventType.CONTAINER_STOPPED_EVENT);
    }
    containersOf(pod).forEach(each -> exited(each, KILLED));
  }

  void removed(Pod pod) {
    stopped(pod);
    containersOf(pod).forEach(this::removed);
    for (int i = 0; i < PODS; i++) {
      if (pods[i] == pod) {
        pods[i] = null;
      }
    }
    tell(pod.id, ContainerEventType.CONTAINER_DELETED_EVENT);
  }

  void created(int place, String id, int podPlace, Pod pod) {
    containers[place] = new Container(id, podPlace, pod);
    tell(id, ContainerEventType.CONTAINER_CREATED_EVENT);
  }

  void started(Container container) {
    container.state = ContainerState.CONTAINER_RUNNING;
    tell(container.id, ContainerEventType.CONTAINER_STARTED_EVENT);
  }

  /** The container has ended, if it ran. */
  void exited(Container container, int code) {
    if (container.runs()) {
      container.state = ContainerState.CONTAINER_EXITED;
      container.exitCode = code;
      tell(container.id, ContainerEventType.CONTAINER_STOPPED_EVENT);
    }
  }

  void removed(Container container) {
    exited(container, KILLED);
    for (int i = 0; i < CONTAINERS; i++) {
      if (containers[i] == container) {
        containers[i] = null;
      }
    }
    tell(container.id, ContainerEventType.CONTAINER_DELETED_EVENT);
  }

  /** The place of the container that has this place's name in the pod, if there is one. */
  Optional<Container> namesake(int place, int podPlace) {
    return Optional.ofNullable(containers[place]).filter(each -> each.podPlace == podPlace);
  }
}
