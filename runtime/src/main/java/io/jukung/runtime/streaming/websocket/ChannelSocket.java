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

/**
 * A WebSocket with several channels: encodes and decodes messages, answers pings, and ends the
 * connection.
 */
// A write that fails closes the channel, and channelInactive reports that.
@SuppressWarnings("FutureReturnValueIgnored")
abstract class ChannelSocket extends SimpleChannelInboundHandler<WebSocketFrame> {
  private static final Logger LOG = LoggerFactory.getLogger(ChannelSocket.class);

  /**
   * A message on this channel ends another channel, whose number is the next byte. From version 5
   * of the protocol on.
   */
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

  /**
   * Receives a message.
   *
   * @param bytes stay the caller's
   */
  abstract void received(int channel, ByteBuf bytes);

  /** Called when the client has ended a channel. */
  abstract void ended(int channel);

  abstract void writable();

  abstract void closed();

  /** Sends bytes on a channel. May be called by any thread. */
  final void send(int channel, byte[] bytes) {
    socket.writeAndFlush(frames.encode(channel, bytes), socket.voidPromise());
  }

  /** Ends the connection once the client has read what was sent. */
  final void finish() {
    socket
        .eventLoop()
        .execute(
            () -> {
              finished = true;
              socket.writeAndFlush(
                  new CloseWebSocketFrame(WebSocketCloseStatus.NORMAL_CLOSURE),
                  socket.voidPromise());
              // With input unread the kernel would reset the connection, and drop what was sent
              // last.
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
      case PingWebSocketFrame ping -> Pongs.answer(ctx, ping.retain());
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
