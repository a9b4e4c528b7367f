package io.jukung.e2e.client;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.jukung.client.v1.ContainersGrpc;
import io.jukung.client.v1.ContainersGrpc.ContainersBlockingStub;
import io.jukung.client.v1.ImagesGrpc;
import io.jukung.client.v1.ImagesGrpc.ImagesBlockingStub;
import io.jukung.client.v1.JukungGrpc;
import io.jukung.client.v1.JukungGrpc.JukungBlockingStub;
import io.jukung.client.v1.NetworksGrpc;
import io.jukung.client.v1.NetworksGrpc.NetworksBlockingStub;
import io.jukung.client.v1.VolumesGrpc;
import io.jukung.client.v1.VolumesGrpc.VolumesBlockingStub;
import io.jukung.cri.v1.ImageServiceGrpc;
import io.jukung.cri.v1.ImageServiceGrpc.ImageServiceBlockingStub;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A connection to the socket of a CRI runtime. Every call has a deadline. */
public final class CriClient implements AutoCloseable {
  /** Longer than any call of a healthy runtime takes. */
  public static final Duration CALL_TIMEOUT = Duration.ofSeconds(60);

  /** The answer to ExecSync has up to two streams of 16 MiB. */
  private static final int MAX_MESSAGE_BYTES = 40 << 20;

  // gRPC sets SO_KEEPALIVE on every channel, and Netty warns that unix sockets do not have it. The
  // field is needed because the level of an unreferenced logger is lost.
  private static final Logger NETTY_BOOTSTRAP = Logger.getLogger("io.netty.bootstrap");

  static {
    NETTY_BOOTSTRAP.setLevel(Level.SEVERE);
  }

  private final ManagedChannel channel;
  private final MultiThreadIoEventLoopGroup eventLoop;

  private CriClient(ManagedChannel channel, MultiThreadIoEventLoopGroup eventLoop) {
    this.channel = channel;
    this.eventLoop = eventLoop;
  }

  /** Connects lazily: the socket need not exist yet. */
  public static CriClient of(Path socket) {
    MultiThreadIoEventLoopGroup eventLoop =
        new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .eventLoopGroup(eventLoop)
            .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
            .overrideAuthority("localhost")
            .usePlaintext()
            .directExecutor()
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .build();
    return new CriClient(channel, eventLoop);
  }

  public RuntimeServiceBlockingStub runtime() {
    return runtime(CALL_TIMEOUT);
  }

  public RuntimeServiceBlockingStub runtime(Duration timeout) {
    return RuntimeServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Calls of jukung's own, on the node and its images. Only jukung answers them. */
  public JukungBlockingStub jukung() {
    return JukungGrpc.newBlockingStub(channel)
        .withDeadlineAfter(CALL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Calls of jukung's own, on containers. Only jukung answers them. */
  public ContainersBlockingStub containers() {
    return ContainersGrpc.newBlockingStub(channel)
        .withDeadlineAfter(CALL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Calls of jukung's own, on volumes. Only jukung answers them. */
  public VolumesBlockingStub volumes() {
    return VolumesGrpc.newBlockingStub(channel)
        .withDeadlineAfter(CALL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Calls of jukung's own, on networks. Only jukung answers them. */
  public NetworksBlockingStub networks() {
    return NetworksGrpc.newBlockingStub(channel)
        .withDeadlineAfter(CALL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
  }

  public ImageServiceBlockingStub images() {
    return images(CALL_TIMEOUT);
  }

  public ImageServiceBlockingStub images(Duration timeout) {
    return ImageServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** The calls of jukung's own client about images that are made here. */
  public ImagesBlockingStub madeImages() {
    return ImagesGrpc.newBlockingStub(channel)
        .withDeadlineAfter(CALL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    var _ = eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
