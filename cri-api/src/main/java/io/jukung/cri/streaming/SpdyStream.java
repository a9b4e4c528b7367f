package io.jukung.cri.streaming;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import java.nio.channels.ClosedChannelException;
import java.util.Map;

/** One stream of a {@link SpdyConnection}; each side ends its own half. Writing is thread-safe. */
// What fails closes the channel, and that is told.
@SuppressWarnings("FutureReturnValueIgnored")
public final class SpdyStream {
  private final SpdyConnection connection;
  private final ChannelHandlerContext context;
  private final int id;
  private final Map<String, String> headers;
  private boolean replied;
  private boolean localEnded;
  private boolean remoteEnded;

  SpdyStream(
      SpdyConnection connection,
      ChannelHandlerContext context,
      int id,
      Map<String, String> headers) {
    this.connection = connection;
    this.context = context;
    this.id = id;
    this.headers = headers;
  }

  public int id() {
    return id;
  }

  /** A header's value; names are in lower case. Empty where there is none. */
  public String header(String name) {
    return headers.getOrDefault(name, "");
  }

  /** Tells the peer that its stream is open, once. Goes before anything that is written to it. */
  public void reply() {
    onEvents(
        () -> {
          if (!replied && !isOver()) {
            replied = true;
            connection.reply(this);
          }
        });
  }

  /** Sends, unless this half has ended; the bytes are the stream's from now on. */
  public void write(ByteBuf bytes) {
    write(bytes, context.voidPromise());
  }

  /**
   * The same.
   *
   * @param sent succeeds when the bytes have left; fails where they cannot
   */
  public void write(ByteBuf bytes, ChannelPromise sent) {
    onEvents(
        () -> {
          if (localEnded) {
            bytes.release();
            if (!sent.isVoid()) {
              sent.setFailure(new ClosedChannelException());
            }
          } else {
            context.writeAndFlush(new DefaultSpdyDataFrame(id, bytes), sent);
          }
        });
  }

  /** Nothing more is sent. */
  public void end() {
    onEvents(
        () -> {
          if (!localEnded) {
            localEnded = true;
            var last = new DefaultSpdyDataFrame(id);
            last.setLast(true);
            context.writeAndFlush(last, context.voidPromise());
            forgetIfOver();
          }
        });
  }

  /** Ends both halves at once. */
  public void reset(SpdyStreamStatus status) {
    onEvents(
        () -> {
          if (!isOver()) {
            localEnded = true;
            remoteEnded = true;
            context.writeAndFlush(new DefaultSpdyRstStreamFrame(id, status), context.voidPromise());
            forgetIfOver();
          }
        });
  }

  /** Always through the event loop, so that one thread's writes stay in order. */
  private void onEvents(Runnable work) {
    if (context.executor().inEventLoop()) {
      work.run();
    } else {
      context.executor().execute(work);
    }
  }

  /** The peer has ended its half; false where it had before. */
  boolean remoteEnd() {
    if (remoteEnded) {
      return false;
    }
    remoteEnded = true;
    forgetIfOver();
    return true;
  }

  /** The peer has reset it. */
  void remoteReset() {
    localEnded = true;
    remoteEnded = true;
    forgetIfOver();
  }

  boolean isRemoteEnded() {
    return remoteEnded;
  }

  private boolean isOver() {
    return localEnded && remoteEnded;
  }

  private void forgetIfOver() {
    if (isOver()) {
      connection.forget(this);
    }
  }

  @Override
  public String toString() {
    return "stream " + id;
  }
}
