package io.jukung.runtime.streaming.spdy;

import io.jukung.cri.streaming.CommandStatus;
import io.jukung.cri.streaming.SpdyConnection;
import io.jukung.cri.streaming.SpdyStream;
import io.jukung.linux.terminal.Terminal;
import io.jukung.runtime.streaming.session.CommandClient;
import io.jukung.runtime.streaming.session.CommandSession;
import io.jukung.runtime.streaming.session.RemoteCommandProtocol;
import io.jukung.runtime.streaming.session.ResizeReader;
import io.jukung.runtime.streaming.session.StreamRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An exec or attach over SPDY. The client opens a stream for each of stdin, stdout and stderr that
 * was asked for, one for the status, and from version 3 of the protocol on one for the sizes of a
 * terminal. The command starts when the client has opened all streams; the last stream is answered
 * when the command has started.
 */
// A write that fails closes the channel, and channelInactive reports that.
@SuppressWarnings("FutureReturnValueIgnored")
public final class SpdyCommand implements SpdyConnection.Streams, CommandClient {
  /** How long the client may take to open its streams; kubelet's server has the same limit. */
  private static final int CREATION_SECONDS = 30;

  private static final String STREAM_TYPE = "streamtype";
  private static final String ERROR = "error";
  private static final String STDIN = "stdin";
  private static final String RESIZE = "resize";

  private final Channel channel;
  private final RemoteCommandProtocol protocol;
  private final Function<CommandClient, CommandSession> starter;
  private final Set<String> missing = new HashSet<>();
  private final Map<Output, SpdyStream> outputs = new EnumMap<>(Output.class);
  private final ResizeReader sizes = new ResizeReader();
  private @Nullable SpdyConnection connection;
  private @Nullable SpdyStream error;
  private @Nullable SpdyStream stdin;
  private @Nullable SpdyStream last;
  private @Nullable ScheduledFuture<?> limit;
  private @Nullable CommandSession session;

  public SpdyCommand(
      Channel channel,
      RemoteCommandProtocol protocol,
      StreamRequest.Streams wanted,
      Function<CommandClient, CommandSession> starter) {
    this.channel = channel;
    this.protocol = protocol;
    this.starter = starter;
    missing.add(ERROR);
    require(STDIN, wanted.stdin());
    require("stdout", wanted.stdout());
    require("stderr", wanted.stderr());
    require(RESIZE, wanted.tty() && protocol.resizes());
  }

  private void require(String type, boolean wanted) {
    if (wanted) {
      missing.add(type);
    }
  }

  /** Begins to wait for the streams of the connection. */
  public void serve(SpdyConnection opened) {
    connection = opened;
    limit = channel.eventLoop().schedule(() -> channel.close(), CREATION_SECONDS, TimeUnit.SECONDS);
  }

  /**
   * Cancels the time limit. A timer that is left behind would keep the whole connection in memory.
   */
  private void endLimit() {
    if (limit != null) {
      limit.cancel(false);
    }
  }

  @Override
  public boolean accepts(SpdyStream stream) {
    return missing.contains(stream.header(STREAM_TYPE));
  }

  @Override
  public void opened(SpdyStream stream) {
    missing.remove(stream.header(STREAM_TYPE));
    switch (stream.header(STREAM_TYPE)) {
      case ERROR -> error = stream;
      case STDIN -> {
        stdin = stream;
        if (protocol == RemoteCommandProtocol.V1) {
          stream.reply();
          stream.end(); // clients of version 1 wait for the end of this stream
        }
      }
      case "stdout" -> outputs.put(Output.STDOUT, stream);
      case "stderr" -> outputs.put(Output.STDERR, stream);
      default -> {} // the stream of sizes needs no answer
    }
    if (missing.isEmpty()) {
      last = stream;
      endLimit();
      session = starter.apply(this);
    } else {
      stream.reply();
    }
  }

  @Override
  public void data(SpdyStream stream, ByteBuf bytes) {
    CommandSession started = session;
    if (started == null) {
      channel.close(); // no client sends data before all its streams are open
    } else if (stream == stdin) {
      started.input(bytes);
    } else if (stream.header(STREAM_TYPE).equals(RESIZE)) {
      for (Terminal.Size size : sizes.read(bytes)) {
        started.resize(size);
      }
    }
  }

  @Override
  public void ended(SpdyStream stream) {
    if (stream == stdin && session != null) {
      session.inputEnded();
    }
  }

  /**
   * Ends the input if the client gives up its stream. A client that gives up another stream is not
   * treated as gone: the command goes on without that stream.
   */
  @Override
  public void reset(SpdyStream stream) {
    ended(stream);
  }

  @Override
  public void writable() {
    if (session != null) {
      session.writable();
    }
  }

  @Override
  public void closed() {
    endLimit();
    if (session != null) {
      session.disconnected();
    }
  }

  @Override
  public void connected() {
    SpdyStream stream = last;
    if (stream != null) {
      stream.reply();
    }
  }

  @Override
  public void send(Output output, byte[] bytes) {
    SpdyStream stream = outputs.get(output);
    if (stream != null) {
      stream.write(Unpooled.wrappedBuffer(bytes));
    }
  }

  @Override
  public void end(Output output) {
    SpdyStream stream = outputs.get(output);
    if (stream != null) {
      stream.end();
    }
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public void pauseInput() {
    channel.config().setAutoRead(false);
  }

  @Override
  public void resumeInput() {
    channel.config().setAutoRead(true);
  }

  @Override
  public void finish(CommandStatus status) {
    channel
        .eventLoop()
        .execute(
            () -> {
              // A client may wait for the answer of its last stream before it reads the status.
              connected();
              outputs.values().forEach(SpdyStream::end);
              byte[] text = protocol.statusAsJson() ? status.toJson() : status.toText();
              if (error != null) {
                if (text.length > 0) {
                  error.write(Unpooled.wrappedBuffer(text));
                }
                error.end();
              }
              if (connection != null) {
                connection.finish();
              }
            });
  }

  @Override
  public ScheduledExecutorService events() {
    return channel.eventLoop();
  }
}
