package io.jukung.runtime.metrics;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Answers {@code GET /metrics} over HTTP/1.1, one request for each connection. */
// A write that fails closes the channel.
@SuppressWarnings("FutureReturnValueIgnored")
public final class MetricsServer implements AutoCloseable {
  /** Prometheus opens one connection at a time. More than these are closed at once. */
  static final int MAX_CONNECTIONS = 16;

  /** A client that takes longer to send its request, or to read the page, is disconnected. */
  private static final int REQUEST_SECONDS = 10;

  private static final int MAX_LINE = 1024;
  private static final int MAX_HEADERS = 8 * 1024;
  private static final int MAX_CHUNK = 1024;

  /** A GET request has no body. */
  private static final int MAX_BODY = 0;

  private static final long STOP_SECONDS = 2;

  private final List<Family> families;
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

  // One thread: pages are made one after the other, however many clients ask.
  private final EventLoopGroup events =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("metrics", true), NioIoHandler.newFactory());

  private @Nullable Channel listener;

  private MetricsServer(List<Family> families) {
    this.families = List.copyOf(families);
  }

  /**
   * Starts to listen, and returns once clients can connect.
   *
   * @param address of TCP, or of a unix socket whose file does not exist
   */
  public static MetricsServer start(SocketAddress address, List<Family> families)
      throws IOException {
    MetricsServer server = new MetricsServer(families);
    try {
      server.bind(address);
      return server;
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  private void bind(SocketAddress address) throws IOException {
    Class<? extends ServerChannel> type =
        address instanceof UnixDomainSocketAddress
            ? NioServerDomainSocketChannel.class
            : NioServerSocketChannel.class;
    ChannelFuture bound =
        new ServerBootstrap()
            .group(events)
            .channel(type)
            .childHandler(new Connections())
            .bind(address)
            .awaitUninterruptibly();
    listener = bound.channel();
    if (!bound.isSuccess()) {
      throw new IOException(bound.cause().getMessage(), bound.cause());
    }
  }

  /** Sets up each new connection. */
  private final class Connections extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel connection) {
      if (connections.size() >= MAX_CONNECTIONS) {
        connection.close();
        return;
      }
      connections.add(connection);
      Future<?> limit =
          connection
              .eventLoop()
              .schedule(() -> connection.close(), REQUEST_SECONDS, TimeUnit.SECONDS);
      // A timer that is left behind would keep the connection in memory.
      connection.closeFuture().addListener(_ -> limit.cancel(false));
      connection
          .pipeline()
          .addLast(new HttpServerCodec(MAX_LINE, MAX_HEADERS, MAX_CHUNK))
          .addLast(new HttpObjectAggregator(MAX_BODY))
          .addLast(new MetricsPage(families));
    }
  }

  @Override
  public void close() {
    Channel listening = listener;
    if (listening != null) {
      listening.close().awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS);
    }
    connections.close().awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS);
    events
        .shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS)
        .awaitUninterruptibly(2 * STOP_SECONDS, TimeUnit.SECONDS);
  }
}
