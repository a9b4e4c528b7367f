package io.jukung.e2e.stream;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The client of an exec or attach, over SPDY or WebSocket. */
public abstract class Command implements AutoCloseable {
  /** The streams that the request for the URL named. */
  public record Streams(boolean stdin, boolean stdout, boolean stderr, boolean tty) {
    public static final Streams OUTPUTS = new Streams(false, true, true, false);
    public static final Streams ALL = new Streams(true, true, true, false);
    public static final Streams TERMINAL = new Streams(true, true, false, true);
  }

  /** The protocol between client and streaming server. */
  public enum Transport {
    SPDY {
      @Override
      public Command connect(Path socket, URI url, Streams streams) throws Exception {
        return new OverSpdy(SpdyClient.connect(socket, url, "v4.channel.k8s.io"), streams);
      }
    },
    WEBSOCKET {
      @Override
      public Command connect(Path socket, URI url, Streams streams) throws Exception {
        return new OverWebSocket(
            WebSocketClient.connect(socket, url, "v5.channel.k8s.io", "v4.channel.k8s.io"));
      }
    };

    public abstract Command connect(Path socket, URI url, Streams streams) throws Exception;
  }

  public abstract void type(byte[] bytes) throws Exception;

  public final void type(String text) throws Exception {
    type(text.getBytes(StandardCharsets.UTF_8));
  }

  public abstract void endInput() throws Exception;

  public abstract void resize(int columns, int rows) throws Exception;

  public abstract Received stdout();

  public abstract Received stderr();

  /** Waits for the status on the error stream, which is JSON except in old protocol versions. */
  public abstract String awaitStatus() throws Exception;

  public abstract void stopReading();

  public abstract void readAgain();

  /** Closes the connection without any message. */
  @Override
  public abstract void close();

  private static byte[] size(int columns, int rows) {
    return "{\"Width\":%d,\"Height\":%d}\n"
        .formatted(columns, rows)
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Uses a SPDY stream for each of the command's streams. */
  public static final class OverSpdy extends Command {
    private final SpdyClient connection;
    private final SpdyClient.Stream error;
    private final Map<String, SpdyClient.Stream> streams = new HashMap<>();

    public OverSpdy(SpdyClient connection, Streams wanted) throws Exception {
      this.connection = connection;
      this.error = connection.open(Map.of("streamtype", "error"));
      if (wanted.stdin()) {
        open("stdin");
      }
      if (wanted.stdout()) {
        open("stdout");
      }
      if (wanted.stderr()) {
        open("stderr");
      }
      if (wanted.tty() && connection.protocol().compareTo("v3") >= 0) {
        open("resize");
      }
    }

    private void open(String type) throws Exception {
      streams.put(type, connection.open(Map.of("streamtype", type)));
    }

    private SpdyClient.Stream stream(String type) {
      SpdyClient.Stream stream = streams.get(type);
      if (stream == null) {
        throw new IllegalStateException("the stream " + type + " was not opened");
      }
      return stream;
    }

    public SpdyClient connection() {
      return connection;
    }

    @Override
    public void type(byte[] bytes) throws Exception {
      stream("stdin").write(bytes);
    }

    @Override
    public void endInput() {
      stream("stdin").end();
    }

    @Override
    public void resize(int columns, int rows) throws Exception {
      stream("resize").write(size(columns, rows));
    }

    @Override
    public Received stdout() {
      return stream("stdout").received;
    }

    @Override
    public Received stderr() {
      return stream("stderr").received;
    }

    @Override
    public String awaitStatus() throws Exception {
      return error.received.awaitEnd();
    }

    @Override
    public void stopReading() {
      connection.stopReading();
    }

    @Override
    public void readAgain() {
      connection.readAgain();
    }

    @Override
    public void close() {
      connection.close();
    }
  }

  /** Uses a WebSocket channel for each of the command's streams. */
  public static final class OverWebSocket extends Command {
    private final WebSocketClient connection;

    public OverWebSocket(WebSocketClient connection) {
      this.connection = connection;
      for (int channel = 1; channel <= 3; channel++) {
        connection.channel(channel);
      }
    }

    public WebSocketClient connection() {
      return connection;
    }

    @Override
    public void type(byte[] bytes) throws Exception {
      connection.send(0, bytes);
    }

    @Override
    public void endInput() throws Exception {
      connection.endChannel(0);
    }

    @Override
    public void resize(int columns, int rows) throws Exception {
      connection.send(4, size(columns, rows));
    }

    @Override
    public Received stdout() {
      return connection.channel(1);
    }

    @Override
    public Received stderr() {
      return connection.channel(2);
    }

    @Override
    public String awaitStatus() throws Exception {
      connection.awaitClose();
      return connection.channel(3).text();
    }

    @Override
    public void stopReading() {
      connection.stopReading();
    }

    @Override
    public void readAgain() {
      connection.readAgain();
    }

    @Override
    public void close() {
      connection.close();
    }
  }
}
