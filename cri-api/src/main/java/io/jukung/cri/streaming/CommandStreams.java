package io.jukung.cri.streaming;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of the streams of an exec or attach. A thread of this object writes the output;
 * while it waits for a slow reader, nothing more is read from the daemon.
 */
// The futures of writes are ignored: a failed write closes the channel, and closed() reports that.
@SuppressWarnings("FutureReturnValueIgnored")
public final class CommandStreams implements AutoCloseable {
  /** The end of streams whose output the user reads no longer. */
  public static final End OUTPUT_CLOSED = new End(null, "nobody reads the output any more");

  private static final String PROTOCOL = "v4.channel.k8s.io";

  /**
   * How the streams ended.
   *
   * @param exitCode null where the process did not start or the connection was lost
   * @param message why there is no exit code; empty where there is one
   */
  public record End(@Nullable Integer exitCode, String message) {}

  private final EventLoopGroup events;
  private final PrintStream out;
  private final PrintStream err;
  private final CompletableFuture<Void> replied = new CompletableFuture<>();
  private final CompletableFuture<End> end = new CompletableFuture<>();
  private final ByteArrayOutputStream status = new ByteArrayOutputStream();
  private SpdyDialer.@Nullable Dialed dialed;
  private @Nullable SpdyStream error;
  private @Nullable SpdyStream stdin;
  private @Nullable SpdyStream stdout;
  private @Nullable SpdyStream resize;
  private int outputsOpen;
  private int unanswered;
  private boolean statusEnded;

  private CommandStreams(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
    this.events =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("streams", true), NioIoHandler.newFactory());
  }

  /**
   * Connects, opens the streams that were asked for together with the URL, and waits until they are
   * connected to the process: nothing that the process writes from then on is missed.
   *
   * @param tty whether the process has a terminal; there is no stream for standard error then
   */
  public static CommandStreams open(
      StreamEndpoint endpoint, boolean stdin, boolean tty, PrintStream out, PrintStream err)
      throws IOException, InterruptedException {
    CommandStreams streams = new CommandStreams(out, err);
    try {
      SpdyDialer.Dialed dialed =
          SpdyDialer.dial(streams.events, endpoint, PROTOCOL, streams.new Incoming());
      streams.dialed = dialed;
      dialed.channel().eventLoop().submit(() -> streams.openStreams(dialed, stdin, tty)).sync();
      CompletableFuture.anyOf(streams.replied, streams.end).join();
      return streams;
    } catch (IOException | InterruptedException | RuntimeException e) {
      streams.close();
      throw e;
    }
  }

  private void openStreams(SpdyDialer.Dialed to, boolean withInput, boolean tty) {
    error = open(to, "error");
    if (withInput) {
      stdin = open(to, "stdin");
    }
    stdout = open(to, "stdout");
    outputsOpen = 1;
    if (tty) {
      resize = open(to, "resize");
    } else {
      var _ = open(to, "stderr");
      outputsOpen = 2;
    }
  }

  private SpdyStream open(SpdyDialer.Dialed to, String type) {
    unanswered++;
    return to.connection().open(Map.of("streamtype", type));
  }

  /** Sends input, and waits until it is written to the connection. */
  public void sendInput(byte[] bytes) throws IOException, InterruptedException {
    SpdyDialer.Dialed to = dialed;
    SpdyStream stream = stdin;
    if (to == null || stream == null) {
      throw new IllegalStateException("there is no input");
    }
    ChannelPromise sent = to.channel().newPromise();
    stream.write(Unpooled.wrappedBuffer(bytes), sent);
    // Waiting here keeps the client from reading input faster than the connection takes it.
    if (!sent.await().isSuccess()) {
      throw new IOException("input: " + sent.cause(), sent.cause());
    }
  }

  /** Tells the process that there is no more input. */
  public void endInput() {
    if (stdin != null) {
      stdin.end();
    }
  }

  /** Tells the process the size of the user's terminal, in characters. */
  public void resize(int columns, int rows) {
    if (resize != null) {
      String size = "{\"Width\":" + columns + ",\"Height\":" + rows + "}\n";
      resize.write(Unpooled.copiedBuffer(size, StandardCharsets.US_ASCII));
    }
  }

  /** Returns a future that completes when all output is written and the process has ended. */
  public CompletableFuture<End> end() {
    return end;
  }

  /** Handles what the daemon sends. */
  private final class Incoming implements SpdyConnection.Streams {
    @Override
    public void replied(SpdyStream stream) {
      if (--unanswered == 0) {
        replied.complete(null);
      }
    }

    @Override
    public void data(SpdyStream stream, ByteBuf bytes) {
      if (stream == error) {
        byte[] part = new byte[bytes.readableBytes()];
        bytes.readBytes(part);
        status.writeBytes(part);
        return;
      }
      PrintStream to = stream == stdout ? out : err;
      try {
        bytes.readBytes(to, bytes.readableBytes());
      } catch (IOException e) {
        throw new UncheckedIOException("a PrintStream does not throw", e);
      }
      if (to.checkError()) { // flushes
        end.complete(OUTPUT_CLOSED);
      }
    }

    @Override
    public void ended(SpdyStream stream) {
      if (stream == error) {
        statusEnded = true;
      } else if (stream != stdin && stream != resize) {
        outputsOpen--;
      }
      if (statusEnded && outputsOpen <= 0) {
        end.complete(parse());
      }
    }

    @Override
    public void reset(SpdyStream stream) {
      ended(stream);
    }

    @Override
    public void writable() {
      // sendInput() waits for each of its writes.
    }

    @Override
    public void closed() {
      end.complete(
          status.size() > 0 ? parse() : new End(null, "the connection to the daemon was lost"));
    }
  }

  private End parse() {
    try {
      JsonNode tree = CommandStatus.JSON.readTree(status.toByteArray());
      if (tree.path("status").asText().equals("Success")) {
        return new End(0, "");
      }
      for (JsonNode cause : tree.path("details").path("causes")) {
        if (cause.path("reason").asText().equals("ExitCode")) {
          return new End(cause.path("message").asInt(), "");
        }
      }
      return new End(
          null, tree.path("message").asText("the command failed, and the daemon does not say why"));
    } catch (IOException e) {
      return new End(null, "the daemon's exit status is not JSON: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    if (dialed != null) {
      dialed.channel().close().awaitUninterruptibly();
    }
    var _ = events.shutdownGracefully(0, 0, TimeUnit.SECONDS);
  }
}
