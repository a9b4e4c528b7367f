package io.jukung.e2e.stream;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Sends one HTTP request that upgrades its connection to another protocol. */
// A failed write closes the channel, which makes the test fail.
@SuppressWarnings("FutureReturnValueIgnored")
final class Upgraded {
  private static final EventLoopGroup EVENTS =
      new MultiThreadIoEventLoopGroup(
          2, new DefaultThreadFactory("stream-client", true), NioIoHandler.newFactory());

  private static final long SECONDS = 30;

  private Upgraded() {}

  /** The server has refused the upgrade. */
  static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;

    final int status;

    Refused(HttpResponseStatus status, String body) {
      super(status.code() + " " + body.strip());
      this.status = status.code();
    }
  }

  /** Keeps the messages that arrive before the handlers of the new protocol are in place. */
  static final class Parked extends ChannelInboundHandlerAdapter {
    private final List<Object> messages = new ArrayList<>();

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      messages.add(message);
    }
  }

  /** Must be called when the new handlers are in place. They get all messages, also the kept. */
  static void begin(Channel channel) throws Exception {
    channel
        .eventLoop()
        .submit(
            () -> {
              Parked parked = channel.pipeline().get(Parked.class);
              if (parked != null) {
                ChannelHandlerContext ctx = channel.pipeline().context(parked);
                parked.messages.forEach(ctx::fireChannelRead);
                channel.pipeline().remove(parked);
              }
              channel.config().setAutoRead(true);
            })
        .get(SECONDS, TimeUnit.SECONDS);
  }

  static Channel connect(Path socket) throws Exception {
    return new Bootstrap()
        .group(EVENTS)
        .channel(NioDomainSocketChannel.class)
        .handler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel channel) {
                channel.pipeline().addLast(new ChannelInboundHandlerAdapter());
              }
            })
        .connect(UnixDomainSocketAddress.of(socket))
        .sync()
        .channel();
  }

  /**
   * Asks for an upgrade.
   *
   * @param wanted the name of a header of the answer
   * @return the value of that header; empty if the answer does not have it
   */
  static String request(
      Channel channel, URI url, HttpMethod method, Map<String, String> headers, String wanted)
      throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    HttpClientCodec codec = new HttpClientCodec();
    HttpObjectAggregator aggregator = new HttpObjectAggregator(1 << 16);
    var handler =
        new SimpleChannelInboundHandler<FullHttpResponse>() {
          @Override
          protected void channelRead0(ChannelHandlerContext ctx, FullHttpResponse response) {
            if (response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
              ctx.channel().config().setAutoRead(false);
              ctx.pipeline().remove(this);
              ctx.pipeline().remove(aggregator);
              ctx.pipeline().remove(codec);
              answer.complete(response.headers().get(wanted, ""));
            } else {
              answer.completeExceptionally(
                  new Refused(
                      response.status(), response.content().toString(StandardCharsets.UTF_8)));
              ctx.close();
            }
          }

          @Override
          public void channelInactive(ChannelHandlerContext ctx) {
            answer.completeExceptionally(new IOException("the server closed the connection"));
          }
        };
    channel.pipeline().addLast(codec, aggregator, handler, new Parked());
    var request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, method, url.getRawPath());
    request.headers().set("Host", url.getAuthority());
    headers.forEach(request.headers()::set);
    channel.writeAndFlush(request).sync();
    try {
      return answer.get(SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException cause ? cause : e;
    }
  }
}
