package io.jukung.runtime.server;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.jukung.runtime.call.VitalThread;
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

/** The gRPC server on the unix socket. Each call runs on a virtual thread of its own. */
final class CriServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CriServer.class);

  /**
   * Frames are small and local; a second thread keeps one busy connection from delaying the others.
   */
  private static final int EVENT_THREADS = 2;

  /**
   * Kubelet sends all calls on one connection: several calls for each of 250 pods at the same time.
   */
  private static final int MAX_STREAMS_PER_CONNECTION = 2_000;

  /**
   * The limit of HTTP/2 resets in a window; each cancelled call is a reset. When the exec probes of
   * 250 pods time out, some hundred resets come in a second; a reset flood (CVE-2023-44487) sends a
   * hundred thousand.
   */
  private static final int MAX_RESETS_PER_WINDOW = 10_000;

  private static final int RESET_WINDOW_SECONDS = 10;

  /**
   * Clients that send pings more often are disconnected. An answer costs little on a local socket.
   */
  private static final int MIN_PING_INTERVAL_SECONDS = 10;

  /**
   * How long cancelled calls have to notice the cancellation before the server gives up waiting.
   */
  private static final Duration CANCEL_GRACE = Duration.ofSeconds(2);

  private final ListeningSocket socket;
  private final EventLoopGroup events;
  private final ExecutorService calls;
  private final Server server;
  private volatile boolean isClosed;

  private CriServer(
      ListeningSocket socket, Config.Server settings, List<? extends BindableService> services) {
    this.socket = socket;
    this.events =
        new MultiThreadIoEventLoopGroup(
            EVENT_THREADS,
            VitalThread.factory(new DefaultThreadFactory("grpc", true), () -> isClosed),
            NioIoHandler.newFactory());
    this.calls = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("rpc-", 0).factory());
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
    this.server = builder.build();
  }

  /** Starts the server and returns once clients can connect. */
  static CriServer start(
      ListeningSocket socket, Config.Server settings, List<? extends BindableService> services)
      throws StartupException {
    var started = new CriServer(socket, settings, services);
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

  /**
   * Stops accepting calls, waits for the calls in flight within the grace period, and cancels the
   * rest.
   */
  void close(Duration grace) {
    try {
      socket.remove();
    } catch (IOException e) {
      LOG.warn("the socket file {} could not be removed", socket, e);
    }
    server.shutdown();
    try {
      if (!server.awaitTermination(grace.toMillis(), TimeUnit.MILLISECONDS)) {
        server.shutdownNow();
        if (!server.awaitTermination(CANCEL_GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
          LOG.warn("cancelled calls did not end within {}", CANCEL_GRACE);
        }
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    isClosed = true;
    calls.shutdown();
    var _ = events.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    close(Duration.ZERO);
  }
}
