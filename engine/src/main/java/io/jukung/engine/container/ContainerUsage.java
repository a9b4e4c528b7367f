package io.jukung.engine.container;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.docker.NodeFacts;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.Json;
import java.time.Instant;

/** The containers with the disk space that they take, as {@code GET /system/df} has them. */
public final class ContainerUsage {
  private ContainerUsage() {}

  /** Lists all containers, running or not. */
  public static ArrayNode list(Daemon daemon, Lookup lookup) throws InterruptedException {
    ContainerSizes sizes = ContainerSizes.of(daemon, lookup);
    NodeFacts node = daemon.nodeFactsForAll();
    ArrayNode list = Json.array();
    for (ContainerView view : ContainerView.findAll(daemon, lookup.containers(), node)) {
      ObjectNode json = SummaryJson.of(view, Instant.now());
      sizes.putInto(json, view);
      list.add(json);
    }
    return list;
  }
}
