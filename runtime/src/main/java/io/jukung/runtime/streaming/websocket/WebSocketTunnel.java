package io.jukung.runtime.streaming.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;

/** Carries the bytes of a SPDY connection in the binary messages of a WebSocket, and back. */
// A write that fails closes the channel, and channelInactive reports that.
@SuppressWarnings("FutureReturnValueIgnored")
public final class WebSocketTunnel extends ChannelDuplexHandler {
  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    switch (message) {
      case CloseWebSocketFrame close -> {
        close.release();
        ctx.close();
      }
      case PingWebSocketFrame ping -> Pongs.answer(ctx, ping);
      case PongWebSocketFrame pong -> pong.release();
      case WebSocketFrame frame -> ctx.fireChannelRead(frame.content());
      default -> {
        ReferenceCountUtil.release(message);
        ctx.close();
      }
    }
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    ctx.write(
        message instanceof ByteBuf bytes ? new BinaryWebSocketFrame(bytes) : message, promise);
  }
}
