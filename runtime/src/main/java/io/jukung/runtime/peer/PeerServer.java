package io.jukung.runtime.peer;

import io.jukung.image.peer.SharedContent;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Answers GET and HEAD of the distribution protocol over HTTP/1.1. */
// A close that fails leaves a connection that is closed already.
@SuppressWarnings("FutureReturnValueIgnored")
public final class PeerServer implements AutoCloseable {
  /** A connection on which nothing moves is closed: the other node asks another host meanwhile. */
  static final int IDLE_SECONDS = 30;

  /** One thread reads the disk while another one writes to the network. */
  private static final int THREADS = 2;

  /** The longest line has a repository of 255 characters, a digest and a registry. */
  private static final int MAX_LINE = 4096;

  private static final int MAX_HEADERS = 16 * 1024;
  private static final int MAX_CHUNK = 1024;

  /** Requests that read have no body. */
  private static final int MAX_BODY = 0;

  private static final long STOP_SECONDS = 2;

  private final SharedContent content;
  private final @Nullable SslContext tls;
  private final int maxConnections;
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final EventLoopGroup events =
      new MultiThreadIoEventLoopGroup(
          THREADS, new DefaultThreadFactory("peers", true), NioIoHandler.newFactory());
  private @Nullable Channel listener;

  private PeerServer(SharedContent content, @Nullable SslContext tls, int maxConnections) {
    this.content = content;
    this.tls = tls;
    this.maxConnections = maxConnections;
  }

  /**
   * Starts to listen, and returns once other nodes can connect.
   *
   * @param tls null: http
   */
  public static PeerServer start(
      InetSocketAddress address,
      SharedContent content,
      @Nullable SslContext tls,
      int maxConnections)
      throws IOException {
    PeerServer server = new PeerServer(content, tls, maxConnections);
    try {
      server.bind(address);
      return server;
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  private void bind(InetSocketAddress address) throws IOException {
    ChannelFuture bound =
        new ServerBootstrap()
            .group(events)
            .channel(NioServerSocketChannel.class)
            .childHandler(new Connections())
            .bind(address)
            .awaitUninterruptibly();
    listener = bound.channel();
    if (!bound.isSuccess()) {
      throw new IOException(bound.cause().getMessage(), bound.cause());
    }
  }

  /** The port, for a server that was started on any free one. */
  int port() {
    Channel listening = listener;
    if (listening == null) {
      throw new IllegalStateException("the server does not listen");
    }
    return ((InetSocketAddress) listening.localAddress()).getPort();
  }

  /** Sets up each new connection. */
  private final class Connections extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel connection) {
      synchronized (connections) {
        if (connections.size() >= maxConnections) {
          connection.close();
          return;
        }
        connections.add(connection);
      }
      if (tls != null) {
        connection.pipeline().addLast(tls.newHandler(connection.alloc()));
      }
      connection
          .pipeline()
          .addLast(new IdleStateHandler(0, 0, IDLE_SECONDS))
          .addLast(new HttpServerCodec(MAX_LINE, MAX_HEADERS, MAX_CHUNK))
          .addLast(new HttpObjectAggregator(MAX_BODY))
          .addLast(new ChunkedWriteHandler())
          .addLast(new PeerRequests(content));
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
