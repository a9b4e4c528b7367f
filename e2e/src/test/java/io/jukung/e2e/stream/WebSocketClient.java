package io.jukung.e2e.stream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** A WebSocket that carries the channels of Kubernetes' remote command protocol. */
// A failed write closes the channel, which makes the test fail.
@SuppressWarnings("FutureReturnValueIgnored")
public final class WebSocketClient implements AutoCloseable {
  private static final int MAX_FRAME = 1 << 20;

  private final Channel channel;
  private final String protocol;
  private final Map<Integer, Received> channels = new ConcurrentHashMap<>();
  private final CompletableFuture<Integer> closed = new CompletableFuture<>();
  private final CompletableFuture<String> pong = new CompletableFuture<>();

  private WebSocketClient(Channel channel, String protocol) {
    this.channel = channel;
    this.protocol = protocol;
  }

  public static WebSocketClient connect(Path socket, URI url, String... protocols)
      throws Exception {
    Channel channel = Upgraded.connect(socket);
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Connection", "Upgrade");
    headers.put("Upgrade", "websocket");
    headers.put("Sec-WebSocket-Version", "13");
    headers.put(
        "Sec-WebSocket-Key",
        Base64.getEncoder().encodeToString("sixteen bytes...".getBytes(StandardCharsets.US_ASCII)));
    if (protocols.length > 0) {
      headers.put("Sec-WebSocket-Protocol", String.join(", ", protocols));
    }
    String chosen =
        Upgraded.request(channel, url, HttpMethod.GET, headers, "Sec-WebSocket-Protocol");
    WebSocketClient client = new WebSocketClient(channel, chosen);
    channel
        .pipeline()
        .addLast(
            new WebSocket13FrameDecoder(
                WebSocketDecoderConfig.newBuilder()
                    .maxFramePayloadLength(MAX_FRAME)
                    .expectMaskedFrames(false)
                    .build()),
            new WebSocket13FrameEncoder(true));
    if (!chosen.startsWith("SPDY")) {
      channel.pipeline().addLast(client.new Frames());
      Upgraded.begin(channel);
    }
    return client;
  }

  public String protocol() {
    return protocol;
  }

  public Channel channel() {
    return channel;
  }

  public Received channel(int number) {
    return channels.computeIfAbsent(number, key -> new Received());
  }

  private boolean isBase64() {
    return protocol.contains("base64");
  }

  public void send(int number, byte[] bytes) throws Exception {
    WebSocketFrame frame =
        isBase64()
            ? new TextWebSocketFrame(number + Base64.getEncoder().encodeToString(bytes))
            : new BinaryWebSocketFrame(Unpooled.wrappedBuffer(new byte[] {(byte) number}, bytes));
    channel.writeAndFlush(frame).sync();
  }

  /** Sends the message that ends a channel, which protocol version 5 has. */
  public void endChannel(int number) throws Exception {
    send(255, new byte[] {(byte) number});
  }

  public String ping(String text) throws Exception {
    channel.writeAndFlush(
        new PingWebSocketFrame(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8)));
    return pong.get(30, TimeUnit.SECONDS);
  }

  /** Waits for the server's close frame and returns its status code; -1 if there was none. */
  public int awaitClose() throws Exception {
    return closed.get(60, TimeUnit.SECONDS);
  }

  public void stopReading() {
    channel.config().setAutoRead(false);
  }

  public void readAgain() {
    channel.config().setAutoRead(true);
  }

  private final class Frames extends SimpleChannelInboundHandler<WebSocketFrame> {
    @Override
    protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
      switch (frame) {
        case CloseWebSocketFrame close -> {
          closed.complete(close.statusCode());
          channels.values().forEach(Received::end);
          ctx.close();
        }
        case PongWebSocketFrame answer ->
            pong.complete(answer.content().toString(StandardCharsets.UTF_8));
        default -> message(frame.content());
      }
    }

    private void message(ByteBuf content) {
      if (isBase64()) {
        int number = content.readByte() - '0';
        byte[] bytes = Base64.getDecoder().decode(content.toString(StandardCharsets.US_ASCII));
        channel(number).add(Unpooled.wrappedBuffer(bytes));
      } else {
        channel(content.readUnsignedByte()).add(content);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      closed.complete(-1);
      channels.values().forEach(Received::end);
    }
  }

  /** Closes the connection at once, without a close frame. */
  @Override
  public void close() {
    channel.close().awaitUninterruptibly();
  }
}
