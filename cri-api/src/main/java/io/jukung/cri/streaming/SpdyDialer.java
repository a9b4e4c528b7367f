package io.jukung.cri.streaming;

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

/** Opens SPDY connections to URLs that the daemon has named. */
// The futures of writes are ignored: a failed write closes the channel, and Answer reports that.
@SuppressWarnings("FutureReturnValueIgnored")
public final class SpdyDialer {
  private static final int TIMEOUT_SECONDS = 30;
  private static final int MAX_REFUSAL_BYTES = 16 * 1024;
  private static final String PROTOCOL = "X-Stream-Protocol-Version";

  private SpdyDialer() {}

  /** A SPDY connection with the channel that it uses. */
  public record Dialed(Channel channel, SpdyConnection connection) {}

  /**
   * Connects, and returns when streams can be opened.
   *
   * @param streams receives what the daemon sends
   * @throws IOException where the daemon cannot be reached or refuses, with its reason
   */
  public static Dialed dial(
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
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, TIMEOUT_SECONDS * 1000)
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
                            new HttpObjectAggregator(MAX_REFUSAL_BYTES),
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
      return dialed.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause() == null ? e.toString() : e.getCause().getMessage(), e);
    } catch (TimeoutException e) {
      connecting.channel().close();
      throw new IOException(
          url.getAuthority() + " did not answer within " + TIMEOUT_SECONDS + " s", e);
    }
  }

  /** Trusts the endpoint's certificate alone, with any names and signatures; null: no TLS. */
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

  /** Turns the HTTP connection into a SPDY connection when the daemon agrees. */
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
      // A decoder wraps its exceptions, such as those of the TLS handshake.
      boolean wrapped = cause instanceof DecoderException && cause.getCause() != null;
      dialed.completeExceptionally(wrapped ? cause.getCause() : cause);
      ctx.close();
    }
  }
}
