package io.jukung.runtime.streaming.websocket;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;

/** Answers to the pings of clients (RFC 6455, section 5.5.2). */
// A write that fails closes the channel, and channelInactive reports that.
@SuppressWarnings("FutureReturnValueIgnored")
final class Pongs {
  private Pongs() {}

  /**
   * Answers a ping, and releases it. A client that sends pings and does not read what it gets is
   * disconnected: the answers would fill the memory.
   */
  static void answer(ChannelHandlerContext ctx, PingWebSocketFrame ping) {
    if (ctx.channel().isWritable()) {
      ctx.writeAndFlush(new PongWebSocketFrame(ping.content()), ctx.voidPromise());
    } else {
      ping.release();
      ctx.close();
    }
  }
}
