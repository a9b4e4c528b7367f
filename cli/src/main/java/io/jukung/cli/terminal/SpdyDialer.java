package io.jukung.cli.terminal;

import io.jukung.cri.streaming.SpdyConnection;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.FingerprintTrustManagerFactory;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Connects to a URL that the daemon has given out, as a client. */
// What fails closes the channel, and that is told.
@SuppressWarnings("FutureReturnValueIgnored")
final class SpdyDialer {
  private static final int SECONDS = 30;
  private static final int MAX_REFUSAL = 16 * 1024;
  private static final String PROTOCOL = "X-Stream-Protocol-Version";

  private SpdyDialer() {}

  /** A connection with its channel. */
  record Dialed(Channel channel, SpdyConnection connection) {}

  /** Connects, and returns when streams can be opened. */
  static Dialed dial(
      EventLoopGroup events,
      StreamEndpoint endpoint,
      String protocol,
      SpdyConnection.Streams streams)
      throws IOException, InterruptedException {
    CompletableFuture<Dialed> dialed = new CompletableFuture<>();
    URI url = endpoint.url();
    SslContext tls = tls(endpoint);
    var connecting =
        new Bootstrap()
            .group(events)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, SECONDS * 1000)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    if (tls != null) {
                      channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                    }
                    channel
                        .pipeline()
                        .addLast(
                            new HttpClientCodec(),
                            new HttpObjectAggregator(MAX_REFUSAL),
                            new Answer(dialed, streams));
                  }
                })
            .connect(url.getHost().replaceAll("[\\[\\]]", ""), url.getPort())
            .await();
    if (!connecting.isSuccess()) {
      throw new IOException(
          "connection to " + url.getAuthority() + ": " + connecting.cause().getMessage(),
          connecting.cause());
    }
    connecting.channel().writeAndFlush(request(url, protocol));
    try {
      return dialed.get(SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause() == null ? e.toString() : e.getCause().getMessage(), e);
    } catch (TimeoutException e) {
      connecting.channel().close();
      throw new IOException(url.getAuthority() + " did not answer within " + SECONDS + " s", e);
    }
  }

  /** One certificate is trusted, whoever has signed it and whatever names are in it. */
  private static @Nullable SslContext tls(StreamEndpoint endpoint) throws IOException {
    return endpoint.certificate() == null
        ? null
        : SslContextBuilder.forClient()
            .trustManager(
                FingerprintTrustManagerFactory.builder("SHA-256")
                    .fingerprints(endpoint.certificate())
                    .build())
            .endpointIdentificationAlgorithm(null)
            .build();
  }

  private static DefaultFullHttpRequest request(URI url, String protocol) {
    var request =
        new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, url.getRawPath());
    request
        .headers()
        .set("Host", url.getAuthority())
        .set("Connection", "Upgrade")
        .set("Upgrade", "SPDY/3.1")
        .set(PROTOCOL, protocol)
        .set("Content-Length", 0);
    return request;
  }

  /** Turns the connection into one of SPDY when the server agrees. */
  private static final class Answer extends SimpleChannelInboundHandler<FullHttpResponse> {
    private final CompletableFuture<Dialed> dialed;
    private final SpdyConnection.Streams streams;

    Answer(CompletableFuture<Dialed> dialed, SpdyConnection.Streams streams) {
      this.dialed = dialed;
      this.streams = streams;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpResponse response) {
      if (!response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
        dialed.completeExceptionally(
            new IOException(
                response.status()
                    + ": "
                    + response.content().toString(StandardCharsets.UTF_8).strip()));
        ctx.close();
        return;
      }
      SpdyConnection connection = SpdyConnection.client(streams);
      ctx.pipeline().addLast(SpdyConnection.codec(), connection);
      ctx.pipeline().remove(HttpObjectAggregator.class);
      ctx.pipeline().remove(HttpClientCodec.class);
      ctx.pipeline().remove(this);
      dialed.complete(new Dialed(ctx.channel(), connection));
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      dialed.completeExceptionally(new IOException("the daemon closed the connection"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      // Of what a decoder has thrown, its cause speaks: a TLS handshake's.
      boolean wrapped = cause instanceof DecoderException && cause.getCause() != null;
      dialed.completeExceptionally(wrapped ? cause.getCause() : cause);
      ctx.close();
    }
  }
}
