package io.jukung.runtime.streaming.server;

import io.jukung.cri.streaming.SpdyConnection;
import io.jukung.runtime.streaming.session.RemoteCommandProtocol;
import io.jukung.runtime.streaming.session.StreamRequest;
import io.jukung.runtime.streaming.session.StreamSessions;
import io.jukung.runtime.streaming.spdy.SpdyCommand;
import io.jukung.runtime.streaming.spdy.SpdyPortForward;
import io.jukung.runtime.streaming.websocket.ChannelFrames;
import io.jukung.runtime.streaming.websocket.WebSocketCommand;
import io.jukung.runtime.streaming.websocket.WebSocketPortForward;
import io.jukung.runtime.streaming.websocket.WebSocketTunnel;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles the one HTTP request of a connection: uses up the token of its URL, and upgrades the
 * connection to SPDY or WebSocket or refuses the request.
 */
// A write that fails closes the channel, and channelInactive reports that.
@SuppressWarnings("FutureReturnValueIgnored")
final class UpgradeHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
  private static final Logger LOG = LoggerFactory.getLogger(UpgradeHandler.class);

  /** How long a client may take to send its request. */
  private static final int REQUEST_SECONDS = 10;

  private static final String SPDY = "SPDY/3.1";
  private static final String STREAM_PROTOCOL = "X-Stream-Protocol-Version";
  private static final String ACCEPTED_PROTOCOLS = "X-Accepted-Stream-Protocol-Versions";
  private static final String PORT_FORWARD = "portforward.k8s.io";
  private static final String TUNNEL = SPDY + "+" + PORT_FORWARD;
  private static final String BASE64 = "base64.";

  /**
   * The limit of a WebSocket message, which is kept in memory until it is complete. Clients send
   * far smaller messages.
   */
  private static final int MAX_MESSAGE = 8 << 20;

  private final Tokens tokens;
  private final ConnectionLimits limits;
  private final StreamSessions sessions;
  private @Nullable ScheduledFuture<?> limit;
  private boolean answered;

  UpgradeHandler(Tokens tokens, ConnectionLimits limits, StreamSessions sessions) {
    this.tokens = tokens;
    this.limits = limits;
    this.sessions = sessions;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    limit =
        ctx.executor()
            .schedule(
                () -> ConnectionLimits.abort(ctx.channel()), REQUEST_SECONDS, TimeUnit.SECONDS);
    ctx.fireChannelActive();
  }

  /**
   * Cancels the time limit of the request. A timer that is left behind would keep the whole
   * connection in memory.
   */
  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    if (limit != null) {
      limit.cancel(false);
    }
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest http) {
    if (answered) {
      return; // a second request, which the client sent before it had the answer to the first
    }
    answered = true;
    if (http.decoderResult().isFailure()) {
      turnAway(ctx, HttpResponseStatus.BAD_REQUEST, "this is no HTTP request");
      return;
    }
    if (!http.method().equals(HttpMethod.GET) && !http.method().equals(HttpMethod.POST)) {
      turnAway(ctx, HttpResponseStatus.METHOD_NOT_ALLOWED, "only GET and POST");
      return;
    }
    StreamRequest request = takeRequest(http.uri());
    if (request == null) {
      turnAway(
          ctx, HttpResponseStatus.NOT_FOUND, "no such URL, or it was used before or is too old");
      return;
    }
    if (!limits.admit(ctx.channel())) {
      refuse(ctx, HttpResponseStatus.SERVICE_UNAVAILABLE, "too many clients have connections");
      return;
    }
    String upgrade = header(http, HttpHeaderNames.UPGRADE).toLowerCase(Locale.ROOT);
    if (!header(http, HttpHeaderNames.CONNECTION).toLowerCase(Locale.ROOT).contains("upgrade")) {
      refuse(ctx, HttpResponseStatus.BAD_REQUEST, "unable to upgrade: no Connection: Upgrade");
    } else if (upgrade.equals("websocket")) {
      upgradeToWebSocket(ctx, http, request);
    } else if (upgrade.contains(SPDY.toLowerCase(Locale.ROOT))) {
      upgradeToSpdy(ctx, http, request);
    } else {
      refuse(
          ctx, HttpResponseStatus.BAD_REQUEST, "unable to upgrade: to neither SPDY nor WebSocket");
    }
  }

  private @Nullable StreamRequest takeRequest(String uri) {
    String path = uri.split("\\?", 2)[0];
    int slash = path.lastIndexOf('/');
    if (slash < 0) {
      return null;
    }
    StreamRequest request = tokens.take(path.substring(slash + 1));
    return request != null && path.substring(0, slash).equals(pathOf(request)) ? request : null;
  }

  /** The path of a request's URL, without the token. */
  static String pathOf(StreamRequest request) {
    return switch (request) {
      case StreamRequest.Exec _ -> "/exec";
      case StreamRequest.Attach _ -> "/attach";
      case StreamRequest.PortForward _ -> "/portforward";
    };
  }

  private static String header(FullHttpRequest http, CharSequence name) {
    return String.join(",", http.headers().getAllAsString(name));
  }

  private static List<String> words(String header) {
    return Arrays.stream(header.split(",")).map(String::strip).filter(w -> !w.isEmpty()).toList();
  }

  private void upgradeToSpdy(
      ChannelHandlerContext ctx, FullHttpRequest http, StreamRequest request) {
    List<String> offered = words(header(http, STREAM_PROTOCOL));
    List<String> known =
        request instanceof StreamRequest.PortForward
            ? List.of(PORT_FORWARD)
            : Stream.of(RemoteCommandProtocol.values()).map(RemoteCommandProtocol::text).toList();
    String protocol = offered.stream().filter(known::contains).findFirst().orElse(null);
    if (protocol == null) {
      HttpResponseStatus status =
          offered.isEmpty() ? HttpResponseStatus.BAD_REQUEST : HttpResponseStatus.FORBIDDEN;
      var refusal = text(status, "unable to upgrade: " + STREAM_PROTOCOL + " has none of " + known);
      known.forEach(each -> refusal.headers().add(ACCEPTED_PROTOCOLS, each));
      send(ctx, refusal);
      return;
    }
    var switching =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.SWITCHING_PROTOCOLS);
    switching
        .headers()
        .set(HttpHeaderNames.CONNECTION, "Upgrade")
        .set(HttpHeaderNames.UPGRADE, SPDY)
        .set(STREAM_PROTOCOL, protocol);
    ctx.writeAndFlush(switching, ctx.voidPromise());
    // Before the HTTP codec is removed: the codec passes on bytes that came after the request.
    serveSpdy(ctx.channel(), request, protocol);
    ctx.pipeline().remove(HttpObjectAggregator.class);
    ctx.pipeline().remove(HttpServerCodec.class);
    ctx.pipeline().remove(this);
  }

  private void serveSpdy(Channel channel, StreamRequest request, String protocol) {
    ChannelPipeline pipeline = channel.pipeline();
    pipeline.addLast(SpdyConnection.codec());
    switch (request) {
      case StreamRequest.PortForward forward ->
          pipeline.addLast(
              SpdyConnection.server(new SpdyPortForward(channel, sessions.sockets(), forward)));
      case StreamRequest.Command command -> {
        var streams =
            new SpdyCommand(
                channel,
                RemoteCommandProtocol.named(protocol).orElseThrow(),
                command.streams(),
                client -> sessions.start(client, command));
        SpdyConnection connection = SpdyConnection.server(streams);
        pipeline.addLast(connection);
        streams.serve(connection);
      }
    }
  }

  private void upgradeToWebSocket(
      ChannelHandlerContext ctx, FullHttpRequest http, StreamRequest request) {
    List<String> offered = words(header(http, HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL));
    List<String> known = webSocketProtocols(request);
    String chosen = offered.stream().filter(known::contains).findFirst().orElse("");
    if (chosen.isEmpty() && !offered.isEmpty()) {
      refuse(ctx, HttpResponseStatus.FORBIDDEN, "unable to upgrade: WebSocket knows " + known);
      return;
    }
    if (request instanceof StreamRequest.PortForward forward
        && forward.ports().isEmpty()
        && !chosen.equals(TUNNEL)) {
      refuse(ctx, HttpResponseStatus.BAD_REQUEST, "PortForward by WebSocket needs its ports named");
      return;
    }
    WebSocketServerHandshaker handshaker =
        new WebSocketServerHandshakerFactory(
                "", chosen.isEmpty() ? null : chosen, /* allowExtensions= */ false, MAX_MESSAGE)
            .newHandshaker(http);
    if (handshaker == null) {
      refuse(ctx, HttpResponseStatus.UPGRADE_REQUIRED, "unable to upgrade: WebSocket version 13");
      return;
    }
    Channel channel = ctx.channel();
    var handshake =
        handshaker.handshake(channel, http, EmptyHttpHeaders.INSTANCE, channel.newPromise());
    channel.pipeline().remove(this);
    var _ =
        handshake.addListener(
            done -> {
              if (done.isSuccess()) {
                serveWebSocket(channel, request, chosen);
              } else {
                channel.close();
              }
            });
  }

  private static List<String> webSocketProtocols(StreamRequest request) {
    return request instanceof StreamRequest.PortForward
        ? List.of(TUNNEL, "v4.channel.k8s.io", "v4.base64.channel.k8s.io")
        : List.of(
            "v5.channel.k8s.io",
            "v4.channel.k8s.io",
            "v4.base64.channel.k8s.io",
            "channel.k8s.io",
            "base64.channel.k8s.io");
  }

  private void serveWebSocket(Channel channel, StreamRequest request, String chosen) {
    channel.pipeline().addLast(new WebSocketFrameAggregator(MAX_MESSAGE));
    if (chosen.equals(TUNNEL)) {
      channel.pipeline().addLast(new WebSocketTunnel());
      serveSpdy(channel, request, PORT_FORWARD);
      return;
    }
    ChannelFrames frames = chosen.contains(BASE64) ? ChannelFrames.BASE64 : ChannelFrames.BINARY;
    switch (request) {
      case StreamRequest.PortForward forward -> {
        var ports = new WebSocketPortForward(channel, frames, sessions.sockets(), forward);
        channel.pipeline().addLast(ports);
        ports.serve();
      }
      case StreamRequest.Command command -> {
        var socket =
            new WebSocketCommand(
                channel,
                frames,
                RemoteCommandProtocol.named(chosen.replace(BASE64, ""))
                    .orElse(RemoteCommandProtocol.V1),
                command.streams());
        channel.pipeline().addLast(socket);
        socket.serve(client -> sessions.start(client, command));
      }
    }
  }

  /** Refuses a client that has shown no token. */
  private static void turnAway(ChannelHandlerContext ctx, HttpResponseStatus status, String why) {
    var _ =
        ctx.writeAndFlush(text(status, why))
            .addListener(sent -> ConnectionLimits.abort(ctx.channel()));
  }

  private static void refuse(ChannelHandlerContext ctx, HttpResponseStatus status, String why) {
    send(ctx, text(status, why));
  }

  private static DefaultFullHttpResponse text(HttpResponseStatus status, String why) {
    var response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            status,
            Unpooled.copiedBuffer(why + "\n", StandardCharsets.UTF_8));
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8");
    response.headers().set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
    response.headers().set(HttpHeaderNames.CONNECTION, "close");
    return response;
  }

  private static void send(ChannelHandlerContext ctx, DefaultFullHttpResponse response) {
    var _ = ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.debug("{}: {}", ctx.channel(), cause.toString());
    ctx.close();
  }
}
