package io.jukung.cri.streaming;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.spdy.DefaultSpdyGoAwayFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynReplyFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyGoAwayFrame;
import io.netty.handler.codec.spdy.SpdyHeadersFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdySessionStatus;
import io.netty.handler.codec.spdy.SpdyStreamFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyVersion;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The streams of one SPDY/3.1 connection. It stands above Netty's codec and below exec, attach and
 * port-forward. Netty's session handler is not used: the peers in Kubernetes (moby/spdystream) have
 * no flow control and never send a window update, so it would stop after 64 KiB. Here TCP limits
 * the sender.
 */
// A failed write closes the channel, which the streams are told by closed().
@SuppressWarnings("FutureReturnValueIgnored")
public final class SpdyConnection extends SimpleChannelInboundHandler<SpdyFrame> {
  private static final Logger LOG = LoggerFactory.getLogger(SpdyConnection.class);

  /** The most streams at once. A port-forward needs two for each connection. */
  static final int MAX_STREAMS = 2048;

  private static final int MAX_CHUNK = 64 * 1024;
  private static final int MAX_HEADERS = 16 * 1024;

  // Parameters of zlib for header blocks, the same as Netty's defaults.
  private static final int COMPRESSION = 6;
  private static final int WINDOW_BITS = 15;
  private static final int MEMORY_LEVEL = 8;

  /** The most answers (to pings, refused streams and others) that a peer may leave unread. */
  private static final int MAX_UNREAD_ANSWERS = 1000;

  /** How long the connection stays open at its end, so that the peer can read the last frames. */
  private static final int LINGER_SECONDS = 5;

  /** Receives the events of the streams. All methods are called on the connection's thread. */
  public interface Streams {
    /**
     * Whether to accept a stream of the peer. It has not been answered yet. A client accepts none:
     * the daemon opens no streams.
     */
    default boolean accepts(SpdyStream stream) {
      return false;
    }

    /**
     * The stream has been accepted. It must be answered by {@link SpdyStream#reply}, now or later.
     */
    default void opened(SpdyStream stream) {}

    /** The peer has answered a stream that this side has opened. */
    default void replied(SpdyStream stream) {}

    /**
     * The peer has sent bytes.
     *
     * @param bytes the caller releases them
     */
    void data(SpdyStream stream, ByteBuf bytes);

    /** The peer has ended its half of the stream. */
    void ended(SpdyStream stream);

    /** The peer has reset the stream, or refused one that this side has opened. */
    void reset(SpdyStream stream);

    /** The connection has room for output again. */
    void writable();

    /** The connection has ended. */
    void closed();
  }

  private final Streams streams;
  private final boolean client;
  private final Map<Integer, SpdyStream> open = new HashMap<>();
  private @Nullable ChannelHandlerContext context;
  private int lastRemoteId;
  private int nextLocalId;
  private int unreadAnswers;
  private boolean goingAway;

  private SpdyConnection(Streams streams, boolean client) {
    this.streams = streams;
    this.client = client;
    this.nextLocalId = client ? 1 : 2;
  }

  /** Returns the codec of frames that must precede a connection in the pipeline. */
  public static SpdyFrameCodec codec() {
    return new Codec();
  }

  /**
   * Netty's codec releases its buffers when the connection closes. If a frame has made it close,
   * Netty's codec would read the headers of the next frame into a buffer that is never released.
   * This one drops those headers.
   */
  private static final class Codec extends SpdyFrameCodec {
    private boolean closed;

    Codec() {
      super(SpdyVersion.SPDY_3_1, MAX_CHUNK, MAX_HEADERS, COMPRESSION, WINDOW_BITS, MEMORY_LEVEL);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
      super.handlerAdded(ctx);
      ctx.channel().closeFuture().addListener(_ -> closed = true);
    }

    @Override
    public void readHeaderBlock(ByteBuf headers) {
      if (closed) {
        headers.release();
      } else {
        super.readHeaderBlock(headers);
      }
    }
  }

  public static SpdyConnection server(Streams streams) {
    return new SpdyConnection(streams, false);
  }

  public static SpdyConnection client(Streams streams) {
    return new SpdyConnection(streams, true);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
  }

  private ChannelHandlerContext context() {
    if (context == null) {
      throw new IllegalStateException("a SPDY connection outside a pipeline");
    }
    return context;
  }

  /** Opens a stream. Must be called on the connection's thread. */
  public SpdyStream open(Map<String, String> headers) {
    var frame = new DefaultSpdySynStreamFrame(nextLocalId, 0, (byte) 0);
    headers.forEach((name, value) -> frame.headers().set(name, value));
    SpdyStream stream = new SpdyStream(this, context(), nextLocalId, headers);
    nextLocalId += 2;
    open.put(stream.id(), stream);
    context().writeAndFlush(frame, context().voidPromise());
    return stream;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, SpdyFrame frame) {
    switch (frame) {
      case SpdySynStreamFrame syn -> synStream(syn);
      case SpdyDataFrame data -> data(data);
      case SpdyRstStreamFrame reset -> {
        SpdyStream stream = open.get(reset.streamId());
        if (stream != null) {
          stream.remoteReset();
          streams.reset(stream);
        }
      }
      case SpdySynReplyFrame reply -> {
        SpdyStream stream = open.get(reply.streamId());
        if (stream != null) {
          streams.replied(stream);
        }
        endIfLast(stream, reply);
      }
      case SpdyHeadersFrame more -> endIfLast(open.get(more.streamId()), more);
      case SpdyPingFrame ping -> {
        if ((ping.id() % 2 != 0) != client) { // otherwise it answers a ping of this side
          answer(ping);
        }
      }
      case SpdyGoAwayFrame _ -> goingAway = true;
      default -> {} // settings and window updates are ignored: there is no flow control
    }
  }

  private void synStream(SpdySynStreamFrame syn) {
    int id = syn.streamId();
    boolean remote = (id % 2 != 0) != client;
    if (!remote || id <= lastRemoteId || syn.isInvalid() || syn.isTruncated()) {
      refuse(id, SpdyStreamStatus.PROTOCOL_ERROR);
      return;
    }
    lastRemoteId = id;
    SpdyStream stream = new SpdyStream(this, context(), id, headers(syn));
    if (goingAway || open.size() >= MAX_STREAMS || !streams.accepts(stream)) {
      refuse(id, SpdyStreamStatus.REFUSED_STREAM);
      return;
    }
    open.put(id, stream);
    streams.opened(stream);
    endIfLast(stream, syn);
  }

  void reply(SpdyStream stream) {
    var reply = new DefaultSpdySynReplyFrame(stream.id());
    reply.headers().set(":status", "200"); // peers take a reply without a header for malformed
    answer(reply);
  }

  private static Map<String, String> headers(SpdyHeadersFrame frame) {
    Map<String, String> headers = new TreeMap<>();
    for (Map.Entry<CharSequence, CharSequence> header : frame.headers()) {
      headers.putIfAbsent(header.getKey().toString(), header.getValue().toString());
    }
    return headers;
  }

  private void data(SpdyDataFrame frame) {
    SpdyStream stream = open.get(frame.streamId());
    if (stream == null || stream.isRemoteEnded()) {
      return; // the stream was reset or refused, which the peer does not know yet
    }
    if (frame.content().isReadable()) {
      streams.data(stream, frame.content());
    }
    endIfLast(stream, frame);
  }

  private void endIfLast(@Nullable SpdyStream stream, SpdyStreamFrame frame) {
    if (stream != null && frame.isLast() && stream.remoteEnd()) {
      streams.ended(stream);
    }
  }

  private void refuse(int id, SpdyStreamStatus status) {
    answer(new DefaultSpdyRstStreamFrame(id, status));
  }

  /**
   * Sends an answer to the peer's frame. Closes the connection if the peer leaves too many answers
   * unread.
   */
  private void answer(SpdyFrame frame) {
    unreadAnswers++;
    if (unreadAnswers > MAX_UNREAD_ANSWERS) {
      LOG.warn("{}: closed, its answers are not read", context().channel());
      context().close();
      return;
    }
    var _ = context().writeAndFlush(frame).addListener(_ -> unreadAnswers--);
  }

  void forget(SpdyStream stream) {
    open.remove(stream.id());
  }

  /**
   * Resets the open streams, sends GOAWAY, and closes the connection when the peer has closed it or
   * after a time limit.
   */
  public void finish() {
    ChannelHandlerContext ctx = context();
    goingAway = true;
    for (SpdyStream stream : List.copyOf(open.values())) {
      stream.reset(SpdyStreamStatus.CANCEL);
    }
    var _ =
        ctx.writeAndFlush(new DefaultSpdyGoAwayFrame(lastRemoteId, SpdySessionStatus.OK))
            .addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    // Not closed at once: if input were left unread, the kernel would reset the connection, and the
    // peer would lose what it has not read yet.
    ctx.channel().config().setAutoRead(true);
    var limit = ctx.executor().schedule(() -> ctx.close(), LINGER_SECONDS, TimeUnit.SECONDS);
    ctx.channel().closeFuture().addListener(_ -> limit.cancel(false));
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      streams.writable();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    open.clear();
    streams.closed();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.debug("{}: {}", ctx.channel(), cause.toString());
    ctx.close();
  }
}
