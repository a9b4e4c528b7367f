package io.jukung.engine.stream;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cri.log.LogFile;
import io.jukung.cri.streaming.StreamEndpoint;
import io.jukung.cri.v1.AttachRequest;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusResponse;
import io.jukung.engine.container.Readiness;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.Hijacked;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Query;
import io.jukung.engine.http.Router;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Clients that are attached to containers. */
public final class AttachRoutes {
  private final Daemon daemon;
  private final Lookup lookup;
  private final Readiness readiness;

  /** The last client that is attached to a container with a terminal, by its ID. */
  private final Map<String, StreamSession> terminals = new ConcurrentHashMap<>();

  public AttachRoutes(Daemon daemon, Lookup lookup, Readiness readiness) {
    this.daemon = daemon;
    this.lookup = lookup;
    this.readiness = readiness;
  }

  public void addTo(Router router) {
    router
        .post("/containers/{id}/attach", exchange -> attach(exchange, Way.HTTP))
        .get("/containers/{id}/attach/ws", exchange -> attach(exchange, Way.WEB_SOCKET))
        .post("/containers/{id}/resize", this::resize);
  }

  /** How a client leaves HTTP. */
  private enum Way {
    /** As docker's client: the bytes of the connection. */
    HTTP,

    /** As a browser: frames, which tell the outputs not apart. */
    WEB_SOCKET;

    Hijacked take(Exchange exchange, StreamSession.Wanted wanted) throws IOException {
      return switch (this) {
        case HTTP -> exchange.hijack(Frames.type(wanted.raw()));
        case WEB_SOCKET -> exchange.webSocket();
      };
    }
  }

  private void attach(Exchange exchange, Way way) throws IOException, InterruptedException {
    Query query = exchange.query();
    Container container = lookup.container(exchange.parameter("id"));
    ContainerStatusResponse details = daemon.details(container.getId());
    ContainerState state = details.getStatus().getState();
    if (state != ContainerState.CONTAINER_RUNNING
        && state != ContainerState.CONTAINER_CREATED
        && state != ContainerState.CONTAINER_EXITED) {
      throw HttpError.conflict("the state of container " + container.getId() + " is not known");
    }
    query.refuseFlags("logs");
    JsonNode record = Json.details(details.getInfoMap()).path("record");
    boolean tty = record.path("tty").asBoolean();
    StreamSession.Wanted wanted =
        new StreamSession.Wanted(
            query.flag("stdin", false) && record.path("stdin").asBoolean(),
            query.flag("stdout", false),
            query.flag("stderr", false),
            tty,
            record.path("stdinOnce").asBoolean(),
            tty || way == Way.WEB_SOCKET,
            query.text("detachKeys").orElse(""));
    if (!query.flag("stream", false)) {
      Hijacked client =
          way.take(exchange, wanted); // who wants neither stream nor logs gets nothing
      client.output().close();
      client.end();
      return;
    }
    if (state == ContainerState.CONTAINER_EXITED) {
      if (details.getStatus().getLogPath().isEmpty()) {
        throw HttpError.conflict("container " + container.getId() + " has no log");
      }
      attachToNextRun(exchange, way, details.getStatus(), wanted);
      return;
    }
    StreamEndpoint endpoint = endpoint(container.getId(), wanted);
    readiness.whileUsed(
        container.getId(), () -> run(exchange, way, endpoint, container.getId(), wanted));
  }

  /**
   * Without input, what the next run writes is read from the log, where nothing is missing. With
   * input, a stream is opened when the container runs: what it writes in its first moment is only
   * in its log.
   */
  private void attachToNextRun(
      Exchange exchange, Way way, ContainerStatus ended, StreamSession.Wanted wanted)
      throws IOException, InterruptedException {
    LaterOutput output = new LaterOutput();
    NextRun next = new NextRun(daemon, ended, output, wanted);
    try (output;
        LogFile log = next.log(Path.of(ended.getLogPath()))) {
      Hijacked client = way.take(exchange, wanted);
      if (wanted.stdin()) {
        runWhenStarted(next, ended.getId(), client, output, wanted);
        return;
      }
      try (OutputStream out = client.output()) {
        output.begin(out);
        next.follow(log);
      } finally {
        client.end();
      }
    }
  }

  private void runWhenStarted(
      NextRun next, String id, Hijacked client, LaterOutput output, StreamSession.Wanted wanted)
      throws IOException, InterruptedException {
    @Nullable StreamSession session = null;
    try {
      try (OutputStream out = client.output()) {
        output.begin(out);
        if (next.await()) {
          session = StreamSession.open(endpoint(id, wanted), wanted, output);
          if (wanted.tty()) {
            terminals.put(id, session);
          }
          var _ = session.run(client);
        }
      } finally {
        client.end();
      }
    } finally {
      // After the client: a writer that waits for a client would hold up the session's end.
      if (session != null) {
        terminals.remove(id, session);
        session.close();
      }
    }
  }

  private StreamEndpoint endpoint(String id, StreamSession.Wanted wanted) throws IOException {
    AttachRequest request =
        AttachRequest.newBuilder()
            .setContainerId(id)
            .setStdin(wanted.stdin())
            .setStdout(true)
            .setStderr(!wanted.tty())
            .setTty(wanted.tty())
            .build();
    return StreamEndpoint.of(daemon.runtime(), daemon.runtime().attach(request).getUrl());
  }

  private void run(
      Exchange exchange, Way way, StreamEndpoint endpoint, String id, StreamSession.Wanted wanted)
      throws IOException, InterruptedException {
    LaterOutput output = new LaterOutput();
    StreamSession session = StreamSession.open(endpoint, wanted, output);
    // The output is closed first: a writer that waits for a client would hold up the session's end.
    try (session;
        output) {
      if (wanted.tty()) {
        terminals.put(id, session);
      }
      // The client may start the container as soon as it has this answer.
      Hijacked client = way.take(exchange, wanted);
      try (OutputStream out = client.output()) {
        output.begin(out);
        var _ = session.run(client);
      } finally {
        client.end();
      }
    } finally {
      terminals.remove(id, session);
    }
  }

  private void resize(Exchange exchange) throws IOException {
    Container container = lookup.container(exchange.parameter("id"));
    int rows = exchange.query().number("h").orElse(0L).intValue();
    int columns = exchange.query().number("w").orElse(0L).intValue();
    StreamSession session = terminals.get(container.getId());
    if (container.getState() != ContainerState.CONTAINER_RUNNING) {
      throw HttpError.conflict("container " + container.getId() + " is not running");
    }
    if (session == null) {
      throw HttpError.conflict(
          "no client of this engine is attached to a terminal of container " + container.getId());
    }
    session.resize(columns, rows);
    exchange.sendEmpty(200);
  }
}
