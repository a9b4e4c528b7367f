package io.jukung.e2e.stream;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyGoAwayFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdyVersion;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A SPDY/3.1 connection as kubectl makes it: without flow control windows, and waiting for the
 * reply to each new stream.
 */
// A failed write closes the channel, which makes the test fail.
@SuppressWarnings("FutureReturnValueIgnored")
public final class SpdyClient implements AutoCloseable {
  private static final long SECONDS = 30;

  private final Channel channel;
  private final String protocol;
  private final Map<Integer, Stream> streams = new ConcurrentHashMap<>();
  private final CompletableFuture<Void> goneAway = new CompletableFuture<>();
  private int nextId = 1;

  private SpdyClient(Channel channel, String protocol) {
    this.channel = channel;
    this.protocol = protocol;
  }

  /** Upgrades a connection to SPDY with one of these protocols, the preferred one first. */
  public static SpdyClient connect(Path socket, URI url, String... protocols) throws Exception {
    Channel channel = Upgraded.connect(socket);
    String chosen =
        Upgraded.request(
            channel,
            url,
            HttpMethod.POST,
            Map.of(
                "Connection",
                "Upgrade",
                "Upgrade",
                "SPDY/3.1",
                "X-Stream-Protocol-Version",
                String.join(",", protocols)),
            "X-Stream-Protocol-Version");
    return over(channel, chosen);
  }

  /** Opens a SPDY connection inside the binary messages of a WebSocket. */
  public static SpdyClient tunnel(Path socket, URI url) throws Exception {
    WebSocketClient tunnel = WebSocketClient.connect(socket, url, "SPDY/3.1+portforward.k8s.io");
    tunnel.channel().pipeline().addLast(new TunnelHandler());
    return over(tunnel.channel(), tunnel.protocol());
  }

  private static SpdyClient over(Channel channel, String protocol) throws Exception {
    SpdyClient client = new SpdyClient(channel, protocol);
    channel.pipeline().addLast(new SpdyFrameCodec(SpdyVersion.SPDY_3_1), client.new Frames());
    Upgraded.begin(channel);
    return client;
  }

  public String protocol() {
    return protocol;
  }

  /** One SPDY stream. */
  public final class Stream {
    private final int id;
    private final CompletableFuture<Boolean> accepted = new CompletableFuture<>();
    public final Received received = new Received();

    private Stream(int id) {
      this.id = id;
    }

    public void write(byte[] bytes) throws Exception {
      channel.writeAndFlush(new DefaultSpdyDataFrame(id, Unpooled.wrappedBuffer(bytes))).sync();
    }

    public void end() {
      var last = new DefaultSpdyDataFrame(id);
      last.setLast(true);
      channel.writeAndFlush(last);
    }

    public void reset() {
      channel.writeAndFlush(new DefaultSpdyRstStreamFrame(id, SpdyStreamStatus.CANCEL));
    }
  }

  /** Opens a stream and waits until the server has accepted it. */
  public Stream open(Map<String, String> headers) throws Exception {
    Stream stream = tryOpen(headers);
    if (!stream.accepted.get(SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("the server refused a stream with " + headers);
    }
    return stream;
  }

  /**
   * Sends text to a forwarded port and ends the input. Must be the first use of the connection.
   *
   * @return everything that comes back
   */
  public String forward(int port, String text) throws Exception {
    open(Map.of("streamtype", "error", "port", Integer.toString(port), "requestid", "0"));
    Stream data =
        open(Map.of("streamtype", "data", "port", Integer.toString(port), "requestid", "0"));
    data.write(text.getBytes(StandardCharsets.UTF_8));
    data.end();
    return data.received.awaitEnd();
  }

  public boolean isRefused(Map<String, String> headers) throws Exception {
    return !tryOpen(headers).accepted.get(SECONDS, TimeUnit.SECONDS);
  }

  private synchronized Stream tryOpen(Map<String, String> headers) {
    Stream stream = new Stream(nextId);
    nextId += 2;
    streams.put(stream.id, stream);
    var frame = new DefaultSpdySynStreamFrame(stream.id, 0, (byte) 0);
    headers.forEach((name, value) -> frame.headers().set(name, value));
    channel.writeAndFlush(frame);
    return stream;
  }

  public void ping(int id) {
    channel.writeAndFlush(new DefaultSpdyPingFrame(id));
  }

  /** Stops reading from the connection. Writing is still possible. */
  public void stopReading() {
    channel.config().setAutoRead(false);
  }

  public void readAgain() {
    channel.config().setAutoRead(true);
  }

  public Channel channel() {
    return channel;
  }

  public void awaitGoAway() throws Exception {
    goneAway.get(SECONDS, TimeUnit.SECONDS);
  }

  private Stream stream(int id) {
    Stream stream = streams.get(id);
    if (stream == null) {
      throw new IllegalStateException("the server sent a frame of unknown stream " + id);
    }
    return stream;
  }

  private final class Frames extends SimpleChannelInboundHandler<SpdyFrame> {
    @Override
    protected void channelRead0(ChannelHandlerContext ctx, SpdyFrame frame) {
      switch (frame) {
        case SpdySynReplyFrame reply -> stream(reply.streamId()).accepted.complete(true);
        case SpdyDataFrame data -> {
          Stream stream = stream(data.streamId());
          stream.received.add(data.content());
          if (data.isLast()) {
            stream.received.end();
          }
        }
        case SpdyRstStreamFrame reset -> {
          Stream stream = stream(reset.streamId());
          stream.accepted.complete(false);
          stream.received.end();
        }
        case SpdyGoAwayFrame _ -> goneAway.complete(null);
        default -> {}
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      streams
          .values()
          .forEach(
              stream -> {
                stream.accepted.complete(false);
                stream.received.end();
              });
      goneAway.complete(null);
    }
  }

  /** Closes the connection at once, without any message. */
  @Override
  public void close() {
    channel.close().awaitUninterruptibly();
  }
}
