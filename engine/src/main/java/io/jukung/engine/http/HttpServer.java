package io.jukung.engine.http;

import io.grpc.StatusRuntimeException;
import io.netty.handler.codec.http.HttpRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/** Serves HTTP/1.1: a virtual thread for each connection, which carries one request at a time. */
public final class HttpServer implements AutoCloseable {
  /** A client has one or two connections, and each that follows something holds one. */
  static final int MAX_CONNECTIONS = 512;

  /** The reason that a client gets for an exception without a message. */
  private static final String LOGGED = "the engine's log says why";

  private static final long LOOK_MILLISECONDS = 1000;

  /** After a failed accept: one fails when no file descriptor is free, which may change. */
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final List<Listener> listeners;
  private final Router router;
  private final Consumer<String> log;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final Semaphore room = new Semaphore(MAX_CONNECTIONS);
  private volatile boolean closed;

  /**
   * @param listeners at least one
   * @param log gets a line for what no client can be told
   */
  public HttpServer(List<Listener> listeners, Router router, Consumer<String> log) {
    this.listeners = List.copyOf(listeners);
    this.router = router;
    this.log = log;
  }

  /** Serves until the server is closed. */
  public void serve() throws InterruptedException {
    Thread.ofPlatform().daemon().name("idle-connections").start(this::closeOverdue);
    for (Listener each : listeners.subList(1, listeners.size())) {
      Thread.ofVirtual().name("listener").start(() -> serveBeside(each));
    }
    serve(listeners.getFirst());
  }

  private void serveBeside(Listener listener) {
    try {
      serve(listener);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve(Listener listener) throws InterruptedException {
    while (!closed) {
      room.acquire();
      Wire accepted;
      try {
        accepted = listener.accept();
      } catch (IOException e) {
        room.release();
        log.accept("a client was not accepted: " + e.getMessage());
        Thread.sleep(RETRY);
        continue;
      }
      if (accepted == null) {
        room.release();
        return;
      }
      Connection connection = new Connection(accepted);
      connections.add(connection);
      Thread.ofVirtual().name("connection").start(() -> carry(connection));
    }
  }

  private void carry(Connection connection) {
    try (connection;
        RequestReader reader = new RequestReader(connection)) {
      while (answerNext(connection, reader)) {
        // one request after the other
      }
    } catch (IOException e) {
      // The client is gone, or has waited too long.
    } catch (RuntimeException e) {
      log.accept("a connection ended by " + e);
    } finally {
      connections.remove(connection);
      room.release();
    }
  }

  private boolean answerNext(Connection connection, RequestReader reader) throws IOException {
    HttpRequest request;
    try {
      request = reader.next();
    } catch (HttpError e) {
      refuse(connection, e);
      return false;
    }
    if (request == null) {
      return false;
    }
    Exchange exchange;
    try {
      exchange = new Exchange(connection, reader, request);
    } catch (HttpError e) {
      refuse(connection, e);
      return false;
    }
    answer(exchange);
    return exchange.finish();
  }

  private void answer(Exchange exchange) throws IOException {
    try {
      Router.Found found = router.find(exchange.method(), exchange.path());
      exchange.routed(found);
      found.handler().handle(exchange);
    } catch (HttpError e) {
      exchange.fail(e.status(), e.text());
    } catch (StatusRuntimeException e) {
      exchange.fail(DaemonStatus.of(e), DaemonStatus.message(e));
    } catch (InterruptedException e) {
      throw new IOException("the client is gone", e);
    } catch (IOException e) {
      // Of the connection, and then this fails again, or of what the handler has used.
      exchange.fail(500, "failed: " + reason(exchange, e));
    } catch (RuntimeException e) {
      log(exchange, e);
      exchange.fail(500, "internal error: " + Objects.requireNonNullElse(e.getMessage(), LOGGED));
    }
  }

  /** Why a request has failed, in words for its client. An exception without words is logged. */
  private String reason(Exchange exchange, IOException e) {
    String message = e.getMessage();
    if (message == null) {
      log(exchange, e);
      return LOGGED;
    }
    return message;
  }

  private void log(Exchange exchange, Exception e) {
    log.accept(exchange.method() + " " + exchange.path() + " failed: " + trace(e));
  }

  private static String trace(Exception e) {
    StackTraceElement[] frames = e.getStackTrace();
    return frames.length == 0 ? e.toString() : e + " at " + frames[0];
  }

  /** Answers what is no request. */
  private static void refuse(Connection connection, HttpError error) throws IOException {
    byte[] body = Json.line(Json.object().put("message", error.text()));
    byte[] head =
        Response.of(error.status(), ApiVersion.NEWEST)
            .header("Content-Type", "application/json")
            .header("Content-Length", Integer.toString(body.length))
            .header("Connection", "close")
            .bytes();
    connection.write(java.nio.ByteBuffer.wrap(head));
    connection.write(java.nio.ByteBuffer.wrap(body));
  }

  private void closeOverdue() {
    while (!closed) {
      long now = System.nanoTime();
      for (Connection each : connections) {
        if (each.isOverdue(now)) {
          close(each);
        }
      }
      try {
        Thread.sleep(LOOK_MILLISECONDS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void close(Connection connection) {
    try {
      connection.close();
    } catch (IOException e) {
      log.accept("a connection was not closed: " + e);
    }
  }

  /** Ends the server and its connections. */
  @Override
  public void close() throws IOException {
    closed = true;
    for (Listener each : listeners) {
      each.close();
    }
    connections.forEach(this::close);
  }
}
