package io.jukung.engine.container;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.jukung.cri.docker.NodeFacts;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ListContainerStatsRequest;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.Json;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** The containers with the disk space that they take, as {@code GET /system/df} has them. */
public final class ContainerUsage {
  private ContainerUsage() {}

  /** Lists all containers, running or not. */
  public static ArrayNode list(Daemon daemon, Lookup lookup) {
    Map<String, Long> written = written(daemon);
    NodeFacts node = daemon.nodeFacts();
    ArrayNode list = Json.array();
    for (Container each : lookup.containers()) {
      ContainerView.find(daemon, each, node)
          .ifPresent(
              view ->
                  list.add(
                      SummaryJson.of(view, Instant.now())
                          .put("SizeRw", written.getOrDefault(each.getId(), 0L))));
    }
    return list;
  }

  /** The bytes that each container has written, by its ID. */
  private static Map<String, Long> written(Daemon daemon) {
    Map<String, Long> written = new HashMap<>();
    daemon
        .runtime()
        .listContainerStats(ListContainerStatsRequest.getDefaultInstance())
        .getStatsList()
        .forEach(
            each ->
                written.put(
                    each.getAttributes().getId(),
                    each.getWritableLayer().getUsedBytes().getValue()));
    return written;
  }
}
