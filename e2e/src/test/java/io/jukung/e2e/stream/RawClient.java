package io.jukung.e2e.stream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.nio.file.Path;
import java.time.Duration;

/** A client that sends raw bytes. */
public final class RawClient {
  private RawClient() {}

  /**
   * Sends bytes and returns what comes back until the server closes the connection.
   *
   * @param patience how long to wait for the server to close the connection
   * @param parts each part after the first is sent when an answer has come
   */
  public static String send(Path socket, Duration patience, byte[]... parts) throws Exception {
    Channel channel = Upgraded.connect(socket);
    Received answer = new Received();
    channel
        .pipeline()
        .addLast(
            new SimpleChannelInboundHandler<ByteBuf>() {
              @Override
              protected void channelRead0(ChannelHandlerContext ctx, ByteBuf part) {
                answer.add(part);
              }

              @Override
              public void channelInactive(ChannelHandlerContext ctx) {
                answer.end();
              }
            });
    for (int i = 0; i < parts.length; i++) {
      answer.awaitTotal(Math.min(i, 1));
      // The write may fail: the server may close before it has read everything.
      channel.writeAndFlush(Unpooled.wrappedBuffer(parts[i])).await();
    }
    channel.closeFuture().await(patience.toMillis());
    channel.close().await();
    return answer.text();
  }
}
