package io.jukung.runtime.server;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.jukung.runtime.config.Config;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** gRPC on a unix socket, each call on a virtual thread of its own. */
final class CriServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CriServer.class);

  /** Frames are small and local; two keep one busy connection from holding up the others. */
  private static final int EVENT_THREADS = 2;

  /** kubelet uses one connection for everything: some calls for each of 250 pods at once. */
  private static final int MAX_STREAMS_PER_CONNECTION = 2_000;

  /**
   * Each cancelled call is a reset. 250 pods whose exec probes all time out make some hundred a
   * second; a reset flood (CVE-2023-44487) makes a hundred thousand.
   */
  private static final int MAX_RESETS_PER_WINDOW = 10_000;

  private static final int RESET_WINDOW_SECONDS = 10;

  /** Clients that ping more often are refused; a ping costs next to nothing on a local socket. */
  private static final int MIN_PING_INTERVAL_SECONDS = 10;

  /** After calls were cancelled: for them to notice. */
  private static final Duration CANCEL_GRACE = Duration.ofSeconds(2);

  private final ListeningSocket socket;
  private final EventLoopGroup events;
  private final ExecutorService calls;
  private final Server server;

  private CriServer(
      ListeningSocket socket, EventLoopGroup events, ExecutorService calls, Server server) {
    this.socket = socket;
    this.events = events;
    this.calls = calls;
    this.server = server;
  }

  /** Returns once clients can connect. */
  static CriServer start(
      ListeningSocket socket, Config.Server settings, List<? extends BindableService> services)
      throws StartupException {
    EventLoopGroup events =
        new MultiThreadIoEventLoopGroup(
            EVENT_THREADS, new DefaultThreadFactory("grpc", true), NioIoHandler.newFactory());
    ExecutorService calls =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("rpc-", 0).factory());
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket.temporary()))
            .channelType(NioServerDomainSocketChannel.class)
            .bossEventLoopGroup(events)
            .workerEventLoopGroup(events)
            .executor(calls)
            .maxInboundMessageSize(settings.maxMessageSize().toIntBytes())
            .maxConcurrentCallsPerConnection(MAX_STREAMS_PER_CONNECTION)
            .maxRstFramesPerWindow(MAX_RESETS_PER_WINDOW, RESET_WINDOW_SECONDS)
            .permitKeepAliveTime(MIN_PING_INTERVAL_SECONDS, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true);
    services.forEach(builder::addService);
    var started = new CriServer(socket, events, calls, builder.build());
    try {
      started.server.start();
      socket.publish(settings);
      return started;
    } catch (IOException e) {
      started.close(Duration.ZERO);
      String reason =
          e instanceof UserPrincipalNotFoundException
              ? "there is no group " + settings.socketGroup()
              : e.toString();
      throw new StartupException("cannot listen on " + socket + ": " + reason, e);
    }
  }

  /** Takes no new call, lets those in flight end within the grace period, and cancels the rest. */
  void close(Duration grace) {
    try {
      socket.remove();
    } catch (IOException e) {
      LOG.warn("socket left behind", e);
    }
    server.shutdown();
    try {
      if (!server.awaitTermination(grace.toMillis(), TimeUnit.MILLISECONDS)) {
        server.shutdownNow();
        if (!server.awaitTermination(CANCEL_GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
          LOG.warn("calls did not end within {} after they were cancelled", CANCEL_GRACE);
        }
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    calls.shutdown();
    var _ = events.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    close(Duration.ZERO);
  }
}
