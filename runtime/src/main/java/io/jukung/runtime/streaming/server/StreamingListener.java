package io.jukung.runtime.streaming.server;

import io.jukung.runtime.call.VitalThread;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.streaming.session.StreamRequest;
import io.jukung.runtime.streaming.session.StreamSessions;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The listening socket of the streaming server, with its connections and the URLs of requests. */
// A write that fails closes the channel, and channelInactive reports that.
@SuppressWarnings("FutureReturnValueIgnored")
final class StreamingListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StreamingListener.class);

  /** Threads of their own, not those of gRPC: much streamed data must not delay calls. */
  private static final int EVENT_THREADS = 2;

  /**
   * How many bytes wait for a client that reads slowly, before the process in the container has to
   * wait.
   */
  private static final WriteBufferWaterMark UNREAD = new WriteBufferWaterMark(128 << 10, 256 << 10);

  private static final int MAX_LINE = 4 * 1024;
  private static final int MAX_HEADERS = 32 * 1024;
  private static final int MAX_CHUNK = 8 * 1024;
  private static final int MAX_BODY = 4 * 1024;

  private static final long STOP_SECONDS = 2;

  private final Config.Streaming settings;
  private final StreamSessions sessions;
  private final @Nullable SslContext tls;
  private final EventLoopGroup events;
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final Tokens tokens = new Tokens(System::nanoTime);
  private final ConnectionLimits limits;
  private String baseUrl = "";
  private volatile boolean isClosed;

  private StreamingListener(
      Config.Streaming settings, StreamSessions sessions, @Nullable SslContext tls) {
    this.settings = settings;
    this.sessions = sessions;
    this.tls = tls;
    this.limits =
        new ConnectionLimits(
            tls == null ? ConnectionLimits.MAX_STRANGERS : ConnectionLimits.MAX_TLS_STRANGERS,
            System::nanoTime);
    this.events =
        new MultiThreadIoEventLoopGroup(
            EVENT_THREADS,
            VitalThread.factory(new DefaultThreadFactory("streaming", true), () -> isClosed),
            NioIoHandler.newFactory());
  }

  /** Starts to listen and returns once clients can connect. */
  static StreamingListener start(
      Config.Streaming settings, StreamSessions sessions, @Nullable ServerCertificate certificate)
      throws IOException {
    var listener =
        new StreamingListener(
            settings, sessions, certificate == null ? null : certificate.context());
    try {
      listener.bind();
      return listener;
    } catch (IOException | RuntimeException e) {
      listener.close();
      throw e;
    }
  }

  private void bind() throws IOException {
    InetAddress address = InetAddress.getByName(settings.address());
    var bound =
        new ServerBootstrap()
            .group(events)
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, UNREAD)
            .childHandler(new Connections())
            .bind(new InetSocketAddress(address, settings.port()))
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(
          "streaming server on "
              + settings.address()
              + ":"
              + settings.port()
              + ": "
              + bound.cause().getMessage(),
          bound.cause());
    }
    var local = (InetSocketAddress) bound.channel().localAddress();
    baseUrl = (tls == null ? "http://" : "https://") + authority(address, local.getPort());
    LOG.info("streaming server listens on {}", baseUrl);
  }

  /** Host and port as clients on this machine write them in a URL. */
  private static String authority(InetAddress address, int port) {
    String host =
        address.isAnyLocalAddress() ? "127.0.0.1" : address.getHostAddress().split("%", 2)[0];
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  String url(StreamRequest request) {
    return baseUrl + UpgradeHandler.pathOf(request) + "/" + tokens.give(request);
  }

  /** Sets up each new connection. */
  private final class Connections extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel connection) {
      connections.add(connection);
      limits.opened(connection);
      var pipeline = connection.pipeline();
      if (tls != null) {
        pipeline.addLast(tls.newHandler(connection.alloc()));
      }
      pipeline
          .addLast(new IdleLimit(settings.idleTimeout().toMillis()))
          .addLast(new HttpServerCodec(MAX_LINE, MAX_HEADERS, MAX_CHUNK))
          .addLast(new HttpObjectAggregator(MAX_BODY))
          .addLast(new UpgradeHandler(tokens, limits, sessions));
    }
  }

  /** Closes a connection on which nothing is sent or received for the idle timeout. */
  private static final class IdleLimit extends IdleStateHandler {
    IdleLimit(long millis) {
      super(0, 0, millis, TimeUnit.MILLISECONDS);
    }

    @Override
    protected void channelIdle(ChannelHandlerContext ctx, IdleStateEvent event) {
      ctx.close();
    }
  }

  @Override
  public void close() {
    isClosed = true;
    connections.close().awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS);
    var stopping = events.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS);
    if (!stopping.awaitUninterruptibly(2 * STOP_SECONDS, TimeUnit.SECONDS)) {
      LOG.warn("streaming server: its threads did not end within {} s", 2 * STOP_SECONDS);
    }
  }
}
