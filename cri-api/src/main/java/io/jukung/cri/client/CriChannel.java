package io.jukung.cri.client;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A connection to a CRI endpoint on a unix socket, opened by the first call. */
public final class CriChannel implements AutoCloseable {
  private final EventLoopGroup events;
  private final ManagedChannel channel;

  private CriChannel(EventLoopGroup events, ManagedChannel channel) {
    this.events = events;
    this.channel = channel;
  }

  /**
   * Connects on first use, so that a missing socket is an UNAVAILABLE of that call.
   *
   * @param maxMessageBytes the largest answer that is accepted
   */
  public static CriChannel open(Path socket, int maxMessageBytes) {
    EventLoopGroup events =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("cri-client", true), NioIoHandler.newFactory());
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioDomainSocketChannel.class)
            .eventLoopGroup(events)
            .usePlaintext()
            .overrideAuthority("localhost")
            .maxInboundMessageSize(maxMessageBytes)
            .build();
    return new CriChannel(events, channel);
  }

  public ManagedChannel grpc() {
    return channel;
  }

  /** Cancels calls in flight. */
  @Override
  public void close() {
    channel.shutdownNow();
    // No quiet period: nothing new is started on these threads.
    var _ = events.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
