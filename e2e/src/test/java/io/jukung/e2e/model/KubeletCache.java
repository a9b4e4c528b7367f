package io.jukung.e2e.model;

import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.cri.v1.ContainerEventType;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.PodSandboxStatus;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What kubelet knows of pods from events alone, by the rules of its EventedPLEG: an event without a
 * sandbox status is ignored; an event older than what is known is ignored; the deletion of a
 * sandbox forgets the pod; the deletion of a container changes nothing but makes kubelet look at
 * the pod; any other event replaces all that is known of the pod.
 */
final class KubeletCache {
  private final Map<String, Entry> pods = new HashMap<>();

  /** What is known of one pod; the deleted containers are those that kubelet was told of since. */
  private static final class Entry {
    final ContainerEventResponse event;
    final Set<String> deleted = new HashSet<>();

    Entry(ContainerEventResponse event) {
      this.event = event;
    }
  }

  void take(ContainerEventResponse event) {
    if (!event.hasPodSandboxStatus() || !event.getPodSandboxStatus().hasMetadata()) {
      return;
    }
    String uid = event.getPodSandboxStatus().getMetadata().getUid();
    Entry known = pods.get(uid);
    if (event.getContainerEventType() == ContainerEventType.CONTAINER_DELETED_EVENT) {
      if (event.getPodSandboxStatus().getId().equals(event.getContainerId())) {
        pods.remove(uid);
      } else if (known != null) {
        known.deleted.add(event.getContainerId());
      }
    } else if (known == null || known.event.getCreatedAt() <= event.getCreatedAt()) {
      pods.put(uid, new Entry(event));
    }
  }

  /** The sandbox statuses of all known pods. */
  Set<PodSandboxStatus> sandboxes() {
    Set<PodSandboxStatus> all = new HashSet<>();
    pods.values().forEach(each -> all.add(each.event.getPodSandboxStatus()));
    return all;
  }

  /** The statuses of all known containers. */
  Set<ContainerStatus> containers() {
    Set<ContainerStatus> all = new HashSet<>();
    pods.values().stream().map(KubeletCache::containers).forEach(all::addAll);
    return all;
  }

  private static Collection<ContainerStatus> containers(Entry entry) {
    return entry.event.getContainersStatusesList().stream()
        .filter(status -> !entry.deleted.contains(status.getId()))
        .toList();
  }
}
