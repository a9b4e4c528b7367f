package io.jukung.runtime.streaming.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What all uses of channels over a WebSocket share: frames in and out, pings, the end. */
// What fails closes the channel, and that is told.
@SuppressWarnings("FutureReturnValueIgnored")
abstract class ChannelSocket extends SimpleChannelInboundHandler<WebSocketFrame> {
  private static final Logger LOG = LoggerFactory.getLogger(ChannelSocket.class);

  /** From version 5 on: the next byte names a channel that the client has ended. */
  private static final int CLOSE_CHANNEL = 255;

  private static final int LINGER_SECONDS = 5;

  private final Channel socket;
  private final ChannelFrames frames;
  private final boolean closesChannels;
  private boolean finished;

  ChannelSocket(Channel socket, ChannelFrames frames, boolean closesChannels) {
    this.socket = socket;
    this.frames = frames;
    this.closesChannels = closesChannels;
  }

  /** A message has come. The bytes are the caller's. */
  abstract void received(int channel, ByteBuf bytes);

  /** The client sends nothing more on this channel. */
  abstract void ended(int channel);

  abstract void writable();

  abstract void closed();

  /** Sends on a channel; by any thread. */
  final void send(int channel, byte[] bytes) {
    socket.writeAndFlush(frames.encode(channel, bytes), socket.voidPromise());
  }

  /** Ends the connection once the client has read the rest. */
  final void finish() {
    socket
        .eventLoop()
        .execute(
            () -> {
              finished = true;
              socket.writeAndFlush(
                  new CloseWebSocketFrame(WebSocketCloseStatus.NORMAL_CLOSURE),
                  socket.voidPromise());
              // As with SPDY: unread input would take the last words with it.
              socket.config().setAutoRead(true);
              var limit =
                  socket
                      .eventLoop()
                      .schedule(() -> socket.close(), LINGER_SECONDS, TimeUnit.SECONDS);
              socket.closeFuture().addListener(_ -> limit.cancel(false));
            });
  }

  final Channel socket() {
    return socket;
  }

  @Override
  protected final void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
    switch (frame) {
      case CloseWebSocketFrame close -> {
        if (finished) {
          ctx.close();
        } else {
          var answer =
              new CloseWebSocketFrame(close.isFinalFragment(), 0, close.content().retain());
          var _ = ctx.writeAndFlush(answer).addListener(_ -> ctx.close());
        }
      }
      case PingWebSocketFrame ping -> {
        if (!ctx.channel().isWritable()) {
          ctx.close(); // pings, and does not read what it gets
        } else {
          ctx.writeAndFlush(new PongWebSocketFrame(ping.content().retain()), ctx.voidPromise());
        }
      }
      case PongWebSocketFrame _ -> {}
      default -> message(frame.content());
    }
  }

  private void message(ByteBuf content) {
    if (finished || !content.isReadable()) {
      return;
    }
    if (closesChannels && content.getUnsignedByte(content.readerIndex()) == CLOSE_CHANNEL) {
      if (content.readableBytes() == 2) {
        ended(content.getUnsignedByte(content.readerIndex() + 1));
      } else {
        socket.close();
      }
      return;
    }
    ChannelFrames.Message message = frames.decode(content);
    if (message == null) {
      socket.close();
      return;
    }
    received(message.channel(), message.bytes());
  }

  @Override
  public final void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      writable();
    }
  }

  @Override
  public final void channelInactive(ChannelHandlerContext ctx) {
    closed();
  }

  @Override
  public final void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.debug("{}: {}", ctx.channel(), cause.toString());
    ctx.close();
  }
}
