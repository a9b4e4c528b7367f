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

/** A client's connection to a CRI endpoint on a unix socket. */
public final class CriChannel implements AutoCloseable {
  private final EventLoopGroup events;
  private final ManagedChannel channel;

  private CriChannel(EventLoopGroup events, ManagedChannel channel) {
    this.events = events;
    this.channel = channel;
  }

  /**
   * Makes a channel, which connects at the first call: if the socket is missing, that call fails
   * with UNAVAILABLE.
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

  /** Cancels the calls in flight and ends the channel's thread. */
  @Override
  public void close() {
    channel.shutdownNow();
    // Without a quiet period, because no new work comes to this thread.
    var _ = events.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
