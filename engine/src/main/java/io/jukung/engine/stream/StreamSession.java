package io.jukung.engine.stream;

import io.jukung.cri.streaming.CommandStreams;
import io.jukung.cri.streaming.DetachKeys;
import io.jukung.cri.streaming.StreamEndpoint;
import io.jukung.engine.http.Hijacked;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.stream.Frames.Output;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One client that is connected to the streams of a container or an exec. */
final class StreamSession implements AutoCloseable {
  private static final int PIECE = 16 << 10;

  /**
   * How often a client is looked at that nothing is sent to. A client that ends its side of the
   * connection may still want the output, so that only a write shows that the client is gone.
   */
  static final Duration LOOK = Duration.ofSeconds(15);

  private final Wanted wanted;
  private final CompletableFuture<Void> left;
  private final CommandStreams streams;
  private final DetachKeys keys;
  private final Frames frames;

  /**
   * What the client asks for.
   *
   * @param endsInput whether the process is told that the client's input has ended. If not, the
   *     process keeps its input for the next client.
   * @param raw whether the outputs are sent as they are, and not told apart by frames
   */
  record Wanted(
      boolean stdin,
      boolean stdout,
      boolean stderr,
      boolean tty,
      boolean endsInput,
      boolean raw,
      String detachKeys) {}

  /**
   * @param left completes when the client has left
   */
  private StreamSession(
      Wanted wanted,
      CompletableFuture<Void> left,
      CommandStreams streams,
      DetachKeys keys,
      Frames frames) {
    this.frames = frames;
    this.wanted = wanted;
    this.left = left;
    this.streams = streams;
    this.keys = keys;
  }

  /**
   * Connects to the daemon; from then on nothing that the process writes is missed.
   *
   * @throws HttpError 400 if the detach keys are none
   */
  static StreamSession open(StreamEndpoint endpoint, Wanted wanted, OutputStream client)
      throws IOException, InterruptedException {
    // First, so that bad keys leave no streams open.
    DetachKeys keys = keys(wanted.detachKeys());
    Frames frames = new Frames(client, wanted.raw());
    CompletableFuture<Void> left = new CompletableFuture<>();
    return new StreamSession(
        wanted,
        left,
        CommandStreams.open(
            endpoint,
            wanted.stdin(),
            wanted.tty(),
            output(frames, Output.STDOUT, wanted.stdout(), left),
            output(frames, Output.STDERR, wanted.stderr(), left)),
        keys,
        frames);
  }

  /**
   * Reads the keys by which a client leaves.
   *
   * @throws HttpError 400 if they are none
   */
  static DetachKeys keys(String text) {
    try {
      return new DetachKeys(text);
    } catch (IllegalArgumentException e) {
      throw HttpError.badRequest(String.valueOf(e.getMessage()));
    }
  }

  private static PrintStream output(
      Frames frames, Output output, boolean wanted, CompletableFuture<Void> left) {
    return new PrintStream(
        wanted ? new OutputWhileThere(frames.to(output), left) : OutputStream.nullOutputStream(),
        /* autoFlush= */ false);
  }

  void resize(int columns, int rows) {
    streams.resize(columns, rows);
  }

  /**
   * Passes input on until the process has ended or the client has left.
   *
   * @return how the streams ended; null if the client has left
   */
  CommandStreams.@Nullable End run(Hijacked client) throws IOException, InterruptedException {
    if (wanted.stdin()) {
      Thread.ofVirtual().name("input").start(() -> pass(client.input()));
    } else if (client.isGoneAfterInput()) {
      Thread.ofVirtual().name("input").start(() -> drop(client.input()));
    }
    CompletableFuture<Object> over = CompletableFuture.anyOf(streams.end(), left);
    try {
      while (!isDoneWithin(over, LOOK)) {
        if (!isThere()) {
          return null;
        }
      }
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
    return streams.end().isDone() ? await() : null;
  }

  /** Waits until the process has ended, without a client. */
  CommandStreams.End await() throws IOException, InterruptedException {
    try {
      return streams.end().get();
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }

  /** Ends the input of a process whose client has left, unless it has a terminal. */
  void leave() {
    if (wanted.endsInput() && !wanted.tty()) {
      streams.endInput();
    }
  }

  private boolean isThere() {
    try {
      frames.writeNothing();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isDoneWithin(CompletableFuture<Object> future, Duration time)
      throws ExecutionException, InterruptedException {
    try {
      var _ = future.get(time.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  private void pass(InputStream in) {
    byte[] piece = new byte[PIECE];
    try {
      int count;
      while ((count = in.read(piece)) >= 0) {
        byte[] passed = wanted.tty() ? keys.filter(piece, count) : Arrays.copyOf(piece, count);
        if (passed.length > 0) {
          streams.sendInput(passed);
        }
        if (wanted.tty() && keys.isDetached()) {
          left.complete(null);
          return;
        }
      }
      if (wanted.endsInput()) {
        streams.endInput();
      }
      if (wanted.raw()) {
        // Nothing else shows that a client without frames is gone. Docker's daemon, too, ends the
        // session of a terminal with the client's input.
        left.complete(null);
      }
    } catch (IOException e) {
      // One of the two connections is gone: the client has left, or the streams have ended.
      left.complete(null);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads input that nobody wants, to its end: then the client is gone. */
  private void drop(InputStream in) {
    try {
      var _ = in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // The connection is gone, as after its end.
    }
    left.complete(null);
  }

  @Override
  public void close() {
    streams.close();
  }
}
