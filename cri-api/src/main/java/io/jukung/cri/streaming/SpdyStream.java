package io.jukung.cri.streaming;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import java.nio.channels.ClosedChannelException;
import java.util.Map;

/**
 * One stream of a {@link SpdyConnection}. Each side ends its own half. The methods that send are
 * thread-safe.
 */
// A failed write closes the channel, which the streams are told by closed().
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

  /** Returns the value of a header, empty if there is none. Names are in lower case. */
  public String header(String name) {
    return headers.getOrDefault(name, "");
  }

  /**
   * Tells the peer that its stream is open. Must precede the first write. Calling it again does
   * nothing.
   */
  public void reply() {
    onEvents(
        () -> {
          if (!replied && !isOver()) {
            replied = true;
            connection.reply(this);
          }
        });
  }

  /** Sends bytes, unless this half has ended. The stream releases the bytes. */
  public void write(ByteBuf bytes) {
    write(bytes, context.voidPromise());
  }

  /**
   * As {@link #write(ByteBuf)}, with a promise.
   *
   * @param sent succeeds when the bytes have been written to the connection; fails if they cannot
   *     be
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

  /** Ends this side's half of the stream. Ending it again does nothing. */
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

  /** Resets the stream, which ends both halves at once. */
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

  /** Runs work on the event loop, in the order in which one thread submits it. */
  private void onEvents(Runnable work) {
    if (context.executor().inEventLoop()) {
      work.run();
    } else {
      context.executor().execute(work);
    }
  }

  /** Called when the peer has ended its half. Returns false if it had ended before. */
  boolean remoteEnd() {
    if (remoteEnded) {
      return false;
    }
    remoteEnded = true;
    forgetIfOver();
    return true;
  }

  /** Called when the peer has reset the stream. */
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
