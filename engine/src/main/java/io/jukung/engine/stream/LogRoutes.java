package io.jukung.engine.stream;

import io.jukung.cri.log.EarlierLogs;
import io.jukung.cri.log.LogFile;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Query;
import io.jukung.engine.http.Router;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** {@code GET /containers/ID/logs}. */
public final class LogRoutes {
  private static final Duration INTERVAL = Duration.ofMillis(50);

  private final Daemon daemon;
  private final Lookup lookup;

  public LogRoutes(Daemon daemon, Lookup lookup) {
    this.daemon = daemon;
    this.lookup = lookup;
  }

  public void addTo(Router router) {
    router.get("/containers/{id}/logs", this::logs);
  }

  private void logs(Exchange exchange) throws IOException, InterruptedException {
    Query query = exchange.query();
    boolean stdout = query.flag("stdout", false);
    boolean stderr = query.flag("stderr", false);
    if (!stdout && !stderr) {
      throw HttpError.badRequest("Bad parameters: you must choose at least one stream");
    }
    boolean follow = query.flag("follow", false);
    long tail = tail(query);
    Instant since = query.time("since").orElse(null);
    Instant until = query.time("until").orElse(null);
    boolean timestamps = query.flag("timestamps", false);
    Container container = lookup.container(exchange.parameter("id"));
    var details = daemon.details(container.getId());
    String path = details.getStatus().getLogPath();
    if (path.isEmpty()) {
      throw HttpError.conflict("container " + container.getId() + " has no log");
    }
    boolean tty = Json.details(details.getInfoMap()).path("record").path("tty").asBoolean();
    OutputStream out =
        follow
            ? exchange.endlessStream(200, Frames.type(tty))
            : exchange.stream(200, Frames.type(tty), Map.of());
    LogOutput output =
        new LogOutput(new Frames(out, tty), stdout, stderr, timestamps, since, until);
    try (LogFile log = new LogFile(Path.of(path), output::line)) {
      long missing = tail < 0 ? Long.MAX_VALUE : log.skipToLast(tail);
      if (missing > 0) {
        EarlierLogs.read(log, missing);
      }
      if (follow) {
        followToEnd(container.getId(), log, output);
      } else {
        log.readRest();
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void followToEnd(String id, LogFile log, LogOutput output)
      throws IOException, InterruptedException {
    while (!output.isOver(Instant.now())) {
      // The status is asked for before the log is read: when the container has ended, all of its
      // output is in the log.
      Optional<ContainerStatus> status = daemon.status(id);
      if (status.isEmpty() || hasEnded(status.get())) {
        log.readRest();
        return;
      }
      var _ = log.read();
      Thread.sleep(INTERVAL);
    }
  }

  private static boolean hasEnded(ContainerStatus status) {
    return status.getState() == ContainerState.CONTAINER_EXITED
        || status.getState() == ContainerState.CONTAINER_UNKNOWN;
  }

  /** How many lines are wanted; -1: all. */
  private static long tail(Query query) {
    String text = query.text("tail").orElse("all");
    return text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
  }
}
