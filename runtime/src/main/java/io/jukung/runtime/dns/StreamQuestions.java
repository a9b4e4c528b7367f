package io.jukung.runtime.dns;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.timeout.ReadTimeoutHandler;

/** Questions of a pod over one TCP connection, each after its length (RFC 1035, section 4.2.2). */
final class StreamQuestions extends SimpleChannelInboundHandler<ByteBuf> {
  /** How long a connection may say nothing. */
  private static final int IDLE_SECONDS = 30;

  static final int MAX_MESSAGE_BYTES = 65535;
  static final int LENGTH_BYTES = 2;

  private final Client client;

  private StreamQuestions(Client client) {
    this.client = client;
  }

  /** Begins to serve a connection, or closes one that is too many. */
  static void begin(Channel connection, Client client, ChannelGroup channels) {
    if (!client.connected()) {
      var _ = connection.close();
      return;
    }
    var _ = connection.closeFuture().addListener(_ -> client.disconnected());
    channels.add(connection);
    ChannelPipeline pipeline = connection.pipeline();
    pipeline.addLast(new ReadTimeoutHandler(IDLE_SECONDS));
    addFrames(pipeline);
    pipeline.addLast(new StreamQuestions(client));
  }

  /** Adds what takes the length from messages that come, and puts it before those that go. */
  static void addFrames(ChannelPipeline pipeline) {
    pipeline.addLast(
        new LengthFieldBasedFrameDecoder(
            MAX_MESSAGE_BYTES + LENGTH_BYTES, 0, LENGTH_BYTES, 0, LENGTH_BYTES));
    pipeline.addLast(new LengthFieldPrepender(LENGTH_BYTES));
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, ByteBuf message) {
    Channel connection = ctx.channel();
    client.ask(
        message,
        Transport.TCP,
        answer -> {
          var _ = connection.writeAndFlush(answer, connection.voidPromise());
        });
    if (!connection.isWritable()) {
      connection.config().setAutoRead(false); // a client that does not read gets no more answers
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    ctx.channel().config().setAutoRead(ctx.channel().isWritable());
  }

  /** The connection was reset, or has sent nothing for a while. */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    var _ = ctx.close();
  }
}
