package io.jukung.engine.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.engine.daemon.EventHub;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Query;
import io.jukung.engine.http.Router;
import io.jukung.engine.request.Filters;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** {@code GET /events}: what happens to containers. */
public final class EventRoutes {
  private static final Set<String> FILTERS =
      Set.of("container", "event", "image", "label", "scope", "type");

  /** How many events a client may be behind, before its stream ends. */
  private static final int MAX_BEHIND = 1024;

  private static final Duration LOOK = Duration.ofSeconds(1);

  private final EventLog events = new EventLog();

  public EventRoutes(EventHub hub) {
    hub.add(events::happened);
  }

  public void addTo(Router router) {
    router.get("/events", this::follow);
  }

  private void follow(Exchange exchange) throws IOException, InterruptedException {
    Query query = exchange.query();
    Filters filters = new Filters(query.json("filters"), FILTERS);
    Instant now = Instant.now();
    Instant since = query.time("since").orElse(now);
    Instant until = query.time("until").orElse(Instant.MAX);
    BlockingQueue<ObjectNode> queue = new ArrayBlockingQueue<>(MAX_BEHIND);
    boolean[] behind = {false};
    Consumer<ObjectNode> follower = message -> behind[0] |= !queue.offer(message);
    OutputStream out = exchange.endlessStream(200, "application/json");
    try {
      for (ObjectNode each : events.follow(follower)) {
        send(each, since, until, filters, out);
      }
      while (!behind[0] && (!queue.isEmpty() || Instant.now().isBefore(until))) {
        ObjectNode next = queue.poll(LOOK.toMillis(), TimeUnit.MILLISECONDS);
        if (next != null) {
          send(next, since, until, filters, out);
        }
      }
    } finally {
      events.leave(follower);
    }
  }

  private static void send(
      ObjectNode message, Instant since, Instant until, Filters filters, OutputStream out)
      throws IOException {
    Instant time = Instant.ofEpochSecond(0, message.path("timeNano").asLong());
    if (!time.isBefore(since) && !time.isAfter(until) && fits(message, filters)) {
      out.write(Json.line(message));
    }
  }

  private static boolean fits(ObjectNode message, Filters filters) {
    JsonNode attributes = message.path("Actor").path("Attributes");
    String id = message.path("id").asText();
    Map<String, String> labels = new LinkedHashMap<>();
    attributes.properties().forEach(each -> labels.put(each.getKey(), each.getValue().asText()));
    return filters.fits("type", "container"::equals)
        && filters.fits("scope", "local"::equals)
        && filters.fits("event", message.path("Action").asText()::equals)
        && filters.fits("image", attributes.path("image").asText()::startsWith)
        && filters.fits(
            "container",
            each -> id.startsWith(each) || attributes.path("name").asText().equals(each))
        && filters.fitsLabels(labels);
  }
}
