package io.jukung.engine.system;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.engine.container.DockerEvents;
import io.jukung.engine.http.Json;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** The last events as docker's messages, and those who want the next ones. Thread-safe. */
final class EventLog {
  /** As many as docker remembers. */
  private static final int MAX_EVENTS = 256;

  private static final int MAX_CONTAINERS = 4096;

  private final Deque<ObjectNode> last = new ArrayDeque<>();
  private final List<Consumer<ObjectNode>> followers = new CopyOnWriteArrayList<>();

  /** What a container is called: the event of its removal does not say so. */
  private final Map<String, ObjectNode> attributes =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, ObjectNode> eldest) {
          return size() > MAX_CONTAINERS;
        }
      };

  /** Takes note of what the daemon tells. Called by one thread. */
  synchronized void happened(ContainerEventResponse event) {
    String id = event.getContainerId();
    if (id.equals(event.getPodSandboxStatus().getId())) {
      return; // docker has no pods
    }
    Optional<ContainerStatus> status =
        event.getContainersStatusesList().stream()
            .filter(each -> each.getId().equals(id))
            .findFirst();
    status.ifPresent(each -> attributes.put(id, DockerEvents.attributes(each)));
    ObjectNode known = attributes.getOrDefault(id, Json.object());
    ObjectNode message = DockerEvents.message(event, status, known.deepCopy());
    last.addLast(message);
    if (last.size() > MAX_EVENTS) {
      last.removeFirst();
    }
    followers.forEach(each -> each.accept(message));
  }

  /**
   * Adds a follower, who must not wait, and returns the last events, of which it is told no more.
   */
  synchronized List<ObjectNode> follow(Consumer<ObjectNode> follower) {
    followers.add(follower);
    return new ArrayList<>(last);
  }

  void leave(Consumer<ObjectNode> follower) {
    followers.remove(follower);
  }
}
