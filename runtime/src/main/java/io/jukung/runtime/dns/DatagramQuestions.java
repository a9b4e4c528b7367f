package io.jukung.runtime.dns;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Questions of a pod over UDP, each a datagram. */
final class DatagramQuestions extends SimpleChannelInboundHandler<DatagramPacket> {
  private static final Logger LOG = LoggerFactory.getLogger(DatagramQuestions.class);

  private final Client client;

  DatagramQuestions(Client client) {
    this.client = client;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
    Channel socket = ctx.channel();
    InetSocketAddress sender = packet.sender();
    client.ask(
        packet.content(),
        Transport.UDP,
        answer -> {
          var _ = socket.writeAndFlush(new DatagramPacket(answer, sender), socket.voidPromise());
        });
  }

  /** An answer that cannot be sent is lost, as datagrams may be: the client asks again. */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.debug("names over UDP: {}", cause.toString());
  }
}
