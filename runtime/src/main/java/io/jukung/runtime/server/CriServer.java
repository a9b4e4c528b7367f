package io.jukung.runtime.server;

import io.grpc.BindableService;
import io.grpc.HandlerRegistry;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.jukung.cri.client.Release;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.cri.v1.VersionResponse;
import io.jukung.runtime.call.VitalThread;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.rpc.CallThreads;
import io.jukung.runtime.rpc.EarlyHeaders;
import io.jukung.runtime.rpc.EncodedAnswers;
import io.jukung.runtime.rpc.MalformedRequests;
import io.jukung.runtime.rpc.RequestBudget;
import io.jukung.runtime.rpc.Rpc;
import io.jukung.runtime.service.Version;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gRPC server on the unix socket. A call that only looks at memory runs on the thread of its
 * connection, and each other call on a virtual thread of its own.
 */
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
   * How much is read from a connection at once. gRPC keeps the buffers of a request until it is
   * complete, although they are not full: 64 MiB of requests took 234 MiB with Netty's usual
   * buffers of up to 64 KiB, and take 140 MiB with these.
   */
  private static final int READ_BUFFER_BYTES = 16 << 10;

  /**
   * How long cancelled calls have to notice the cancellation before the server gives up waiting.
   */
  private static final Duration CANCEL_GRACE = Duration.ofSeconds(2);

  /** Threads that run answer in microseconds, and on a machine with too much work in seconds. */
  private static final Duration RESPONSE_WAIT = Duration.ofSeconds(5);

  private final ListeningSocket socket;
  private final Config.Server settings;
  private final Methods methods = new Methods();
  private final List<ServerInterceptor> watchers = new ArrayList<>();
  private final EventLoopGroup events;
  private final ExecutorService calls;
  private final Server server;
  private volatile boolean isClosed;

  private CriServer(ListeningSocket socket, Config.Server settings) {
    this.socket = socket;
    this.settings = settings;
    this.events =
        new MultiThreadIoEventLoopGroup(
            EVENT_THREADS,
            VitalThread.factory(new DefaultThreadFactory("grpc", true), () -> isClosed),
            NioIoHandler.newFactory());
    this.calls = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("rpc").factory());
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket.temporary()))
            .channelType(NioServerDomainSocketChannel.class)
            .bossEventLoopGroup(events)
            .workerEventLoopGroup(events)
            .withChildOption(
                ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BUFFER_BYTES))
            .fallbackHandlerRegistry(methods)
            .directExecutor()
            .callExecutor(new CallThreads(calls))
            .maxInboundMessageSize(settings.maxMessageSize().toIntBytes())
            .maxConcurrentCallsPerConnection(MAX_STREAMS_PER_CONNECTION)
            .maxRstFramesPerWindow(MAX_RESETS_PER_WINDOW, RESET_WINDOW_SECONDS)
            .permitKeepAliveTime(MIN_PING_INTERVAL_SECONDS, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true);
    new RequestBudget(settings.maxMessageSize().toIntBytes()).install(builder);
    this.server = builder.build();
  }

  /**
   * Makes a server that listens where no client looks for it. So this can be done while the parts
   * behind the calls are still being made.
   */
  static CriServer open(ListeningSocket socket, Config.Server settings) throws StartupException {
    var opened = new CriServer(socket, settings);
    try {
      opened.add(new Rehearsal());
      opened.server.start();
      return opened;
    } catch (IOException e) {
      opened.close(Duration.ZERO);
      throw opened.cannotListen(e.toString(), e);
    }
  }

  /**
   * Makes one call on the socket that no client knows, so that the classes that every call needs
   * are loaded while the parts behind the calls are still being made.
   *
   * @return whether the call was answered; not if clients can connect already
   */
  boolean rehearse() {
    return WarmUp.call(socket.temporary(), List.of(RuntimeServiceGrpc.getVersionMethod()));
  }

  /** What answers until the parts behind the calls are made, and then is replaced by them. */
  private static final class Rehearsal extends RuntimeServiceGrpc.RuntimeServiceImplBase {
    private final Version version = new Version(Release.version());

    @Override
    public void version(VersionRequest request, StreamObserver<VersionResponse> answer) {
      Rpc.quick(version::call, request, answer);
    }
  }

  /** Opens a server and lets clients connect. */
  static CriServer start(
      ListeningSocket socket, Config.Server settings, List<? extends BindableService> calls)
      throws StartupException {
    CriServer opened = open(socket, settings);
    opened.serve(calls);
    return opened;
  }

  /** Has something see the calls that {@link #serve} adds. */
  void watchBy(ServerInterceptor interceptor) {
    watchers.add(interceptor);
  }

  /** Lets clients connect. On return they can. If that fails, the server is closed. */
  void serve(List<? extends BindableService> calls) throws StartupException {
    calls.forEach(this::add);
    try {
      socket.publish(settings);
    } catch (IOException e) {
      close(Duration.ZERO);
      String reason =
          e instanceof UserPrincipalNotFoundException
              ? "there is no group " + settings.socketGroup()
              : e.toString();
      throw cannotListen(reason, e);
    }
  }

  private void add(BindableService calls) {
    ServerServiceDefinition service =
        ServerInterceptors.intercept(
            EncodedAnswers.accept(MalformedRequests.refuse(calls.bindService())),
            new EarlyHeaders());
    methods.add(ServerInterceptors.intercept(service, watchers));
  }

  /** The methods of all services, which are added after the server was opened. */
  private static final class Methods extends HandlerRegistry {
    private final Map<String, ServerMethodDefinition<?, ?>> byName = new ConcurrentHashMap<>();

    void add(ServerServiceDefinition service) {
      for (ServerMethodDefinition<?, ?> each : service.getMethods()) {
        byName.put(each.getMethodDescriptor().getFullMethodName(), each);
      }
    }

    @Override
    public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
        String name, @Nullable String authority) {
      return byName.get(name);
    }
  }

  private StartupException cannotListen(String reason, IOException cause) {
    return new StartupException("cannot listen on " + socket + ": " + reason, cause);
  }

  /**
   * Whether the threads that read calls, and one that would carry a call out, run now. Waits for
   * them for a bounded time.
   */
  boolean isResponsive() {
    CountDownLatch alive = new CountDownLatch(EVENT_THREADS + 1);
    try {
      events.forEach(each -> each.execute(alive::countDown));
      calls.execute(alive::countDown);
      return alive.await(RESPONSE_WAIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      return false; // the server is closing
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
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
