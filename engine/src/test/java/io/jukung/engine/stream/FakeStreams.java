package io.jukung.engine.stream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.jukung.cri.streaming.SpdyConnection;
import io.jukung.cri.streaming.SpdyStream;
import io.jukung.cri.streaming.StreamEndpoint;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * The streams of a process, as the daemon serves them. The process runs until its input ends, and
 * then says "bye".
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the connection
final class FakeStreams implements AutoCloseable {
  private final EventLoopGroup events =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final int port;

  FakeStreams() throws InterruptedException {
    Channel server =
        new ServerBootstrap()
            .group(events)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            new HttpServerCodec(), new HttpObjectAggregator(1024), new Upgrade());
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
    port = ((InetSocketAddress) server.localAddress()).getPort();
  }

  StreamEndpoint endpoint() {
    String host = InetAddress.getLoopbackAddress().getHostAddress();
    return new StreamEndpoint(URI.create("http://" + host + ":" + port + "/attach/token"), null);
  }

  private static final class Upgrade extends SimpleChannelInboundHandler<FullHttpRequest> {
    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
      var answer =
          new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.SWITCHING_PROTOCOLS);
      answer.headers().set("Connection", "Upgrade").set("Upgrade", "SPDY/3.1");
      ctx.writeAndFlush(answer);
      ctx.pipeline().addLast(SpdyConnection.codec(), SpdyConnection.server(new FakeProcess()));
      ctx.pipeline().remove(HttpObjectAggregator.class);
      ctx.pipeline().remove(HttpServerCodec.class);
      ctx.pipeline().remove(this);
    }
  }

  private static final class FakeProcess implements SpdyConnection.Streams {
    private final Map<String, SpdyStream> streams = new HashMap<>();

    @Override
    public boolean accepts(SpdyStream stream) {
      return true;
    }

    @Override
    public void opened(SpdyStream stream) {
      streams.put(stream.header("streamtype"), stream);
      stream.reply();
    }

    @Override
    public void data(SpdyStream stream, ByteBuf bytes) {}

    @Override
    public void ended(SpdyStream stream) {
      if (stream.header("streamtype").equals("stdin")) {
        write("stdout", "bye");
        write("error", "{\"status\":\"Success\"}");
        streams.values().forEach(SpdyStream::end);
      }
    }

    private void write(String type, String text) {
      Objects.requireNonNull(streams.get(type)).write(Unpooled.copiedBuffer(text, US_ASCII));
    }

    @Override
    public void reset(SpdyStream stream) {}

    @Override
    public void writable() {}

    @Override
    public void closed() {}
  }

  @Override
  public void close() {
    events.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
