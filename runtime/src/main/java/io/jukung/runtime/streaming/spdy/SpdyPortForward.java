package io.jukung.runtime.streaming.spdy;

import io.jukung.cri.streaming.InputGate;
import io.jukung.cri.streaming.SpdyConnection;
import io.jukung.cri.streaming.SpdyStream;
import io.jukung.runtime.streaming.session.PodConnection;
import io.jukung.runtime.streaming.session.PodSockets;
import io.jukung.runtime.streaming.session.StreamRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Forwarded connections over SPDY. Each connection has two streams, one for its bytes and one for
 * errors; the client marks both with the same request id.
 */
public final class SpdyPortForward implements SpdyConnection.Streams {
  private static final int CREATION_SECONDS = 30;

  private static final String STREAM_TYPE = "streamtype";
  private static final String ERROR = "error";
  private static final String DATA = "data";

  private final Channel channel;
  private final PodSockets sockets;
  private final StreamRequest.PortForward request;
  private final InputGate gate;
  private final Map<String, Pair> pairs = new HashMap<>();

  public SpdyPortForward(Channel channel, PodSockets sockets, StreamRequest.PortForward request) {
    this.channel = channel;
    this.sockets = sockets;
    this.request = request;
    this.gate = new InputGate(channel);
  }

  /** The two streams of one forwarded connection. */
  private final class Pair implements PodConnection.Client {
    final String id;
    final PodConnection connection;
    @Nullable SpdyStream error;
    @Nullable SpdyStream data;
    private final ScheduledFuture<?> limit;

    Pair(String id, int port) {
      this.id = id;
      this.connection = new PodConnection(channel.eventLoop(), sockets, request, port, this);
      this.limit =
          channel.eventLoop().schedule(connection::close, CREATION_SECONDS, TimeUnit.SECONDS);
    }

    void connectIfComplete() {
      if (isComplete()) {
        limit.cancel(false);
        connection.connect();
      }
    }

    boolean isComplete() {
      return error != null && data != null;
    }

    @Override
    public void take(ByteBuf bytes) {
      if (data != null) {
        data.write(bytes);
      } else {
        bytes.release();
      }
    }

    @Override
    public boolean hasRoom() {
      return channel.isWritable();
    }

    @Override
    public void remoteEnded() {
      if (data != null) {
        data.end();
      }
    }

    @Override
    public void closed(@Nullable String failure) {
      limit.cancel(false);
      pairs.remove(id, this);
      if (error != null) {
        if (failure != null) {
          error.write(Unpooled.copiedBuffer(failure, StandardCharsets.UTF_8));
        }
        error.end();
      }
      if (data != null) {
        data.reset(SpdyStreamStatus.CANCEL); // does nothing if both halves have ended
      }
    }

    @Override
    public InputGate gate() {
      return gate;
    }
  }

  @Override
  public boolean accepts(SpdyStream stream) {
    String type = stream.header(STREAM_TYPE);
    if (port(stream) == 0 || !(type.equals(ERROR) || type.equals(DATA))) {
      return false;
    }
    Pair pair = pairs.get(requestId(stream));
    return pair == null || (type.equals(ERROR) ? pair.error : pair.data) == null;
  }

  @Override
  public void opened(SpdyStream stream) {
    stream.reply();
    Pair pair = pairs.computeIfAbsent(requestId(stream), id -> new Pair(id, port(stream)));
    if (stream.header(STREAM_TYPE).equals(ERROR)) {
      pair.error = stream;
    } else {
      pair.data = stream;
    }
    pair.connectIfComplete();
  }

  /** The port that a stream is for; 0 if its header is not a port. */
  private static int port(SpdyStream stream) {
    String text = stream.header("port");
    if (!text.matches("[0-9]{1,5}")) {
      return 0;
    }
    int port = Integer.parseInt(text);
    return port <= 0xffff ? port : 0;
  }

  /**
   * The request id that joins two streams. Old clients send none; their two streams follow each
   * other, the one for errors first.
   */
  private static String requestId(SpdyStream stream) {
    String id = stream.header("requestid");
    if (!id.isEmpty()) {
      return id;
    }
    return "stream " + (stream.header(STREAM_TYPE).equals(ERROR) ? stream.id() : stream.id() - 2);
  }

  private @Nullable Pair pairOfData(SpdyStream stream) {
    Pair pair = pairs.get(requestId(stream));
    return pair != null && pair.data == stream ? pair : null;
  }

  @Override
  public void data(SpdyStream stream, ByteBuf bytes) {
    Pair pair = pairOfData(stream);
    if (pair != null) {
      pair.connection.write(bytes.retainedSlice());
    }
  }

  @Override
  public void ended(SpdyStream stream) {
    Pair pair = pairOfData(stream);
    if (pair != null) {
      pair.connection.endInput();
    }
  }

  @Override
  public void reset(SpdyStream stream) {
    Pair pair = pairOfData(stream);
    if (pair != null) {
      pair.connection.close();
    }
  }

  @Override
  public void writable() {
    pairs.values().forEach(pair -> pair.connection.resume());
  }

  @Override
  public void closed() {
    List.copyOf(pairs.values()).forEach(pair -> pair.connection.close());
  }
}
