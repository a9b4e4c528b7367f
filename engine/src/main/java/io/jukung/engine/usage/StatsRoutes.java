package io.jukung.engine.usage;

import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.Container;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.daemon.NodeMemory;
import io.jukung.engine.http.DaemonStatus;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Router;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code GET /containers/ID/stats}: one reading, or one each second. */
public final class StatsRoutes {
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private final Daemon daemon;
  private final Lookup lookup;

  public StatsRoutes(Daemon daemon, Lookup lookup) {
    this.daemon = daemon;
    this.lookup = lookup;
  }

  public void addTo(Router router) {
    router.get("/containers/{id}/stats", this::stats);
  }

  private void stats(Exchange exchange) throws IOException, InterruptedException {
    Container container = lookup.container(exchange.parameter("id"));
    String name = Lookup.name(container);
    long memory = NodeMemory.bytes();
    if (exchange.query().flag("stream", true)) {
      stream(container, name, memory, exchange.endlessStream(200, "application/json"));
      return;
    }
    Sample before = null;
    if (!exchange.query().flag("one-shot", false)) {
      before = sample(container);
      if (before != null) {
        Thread.sleep(INTERVAL);
      }
    }
    Sample now = sample(container);
    exchange.sendJson(200, StatsJson.of(container.getId(), name, before, now, memory));
  }

  /** Goes on until the container is removed or the client goes away, as docker does. */
  private void stream(Container container, String name, long memory, OutputStream out)
      throws IOException, InterruptedException {
    Sample before = null;
    while (daemon.status(container.getId()).isPresent()) {
      Sample now = sample(container);
      out.write(Json.line(StatsJson.of(container.getId(), name, before, now, memory)));
      before = now;
      Thread.sleep(INTERVAL);
    }
  }

  /** Returns null if the container does not run. */
  private @Nullable Sample sample(Container container) throws IOException {
    try {
      Optional<Sample> sample = Sample.of(daemon, container);
      return sample.orElse(null);
    } catch (StatusRuntimeException e) {
      if (DaemonStatus.isNotFound(e)) {
        return null;
      }
      throw e;
    }
  }
}
