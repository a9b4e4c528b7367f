package io.jukung.cli;

import io.jukung.cli.terminal.CommandStreams;
import io.jukung.cli.terminal.StreamEndpoint;
import io.jukung.linux.terminal.Terminal;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** The user's terminal or pipes, connected to the streams behind a URL until those end. */
final class Attended {
  private static final int PIECE = 16 * 1024;

  private final CliEnvironment environment;
  private final boolean interactive;
  private final boolean tty;

  /**
   * @param interactive whether what is typed goes there
   * @param tty whether there is a terminal at the other end
   */
  Attended(CliEnvironment environment, boolean interactive, boolean tty) {
    this.environment = environment;
    this.interactive = interactive;
    this.tty = tty;
  }

  /** Refuses -t where no terminal is here, before anything is made. */
  static void requireTerminal(boolean interactive, boolean tty) {
    if (interactive && tty && !RawTerminal.isThere()) {
      throw CliException.usage("-t needs a terminal, and standard input is none");
    }
  }

  /** What {@link #to} can do while the streams are being followed. */
  interface Connected {
    void run() throws IOException, InterruptedException;
  }

  /**
   * Stays connected to the end.
   *
   * @param connected called once the streams are there
   * @return how it ended; null where the user left by the detach keys
   */
  CommandStreams.@Nullable End to(StreamEndpoint endpoint, Connected connected)
      throws IOException, InterruptedException {
    try (CommandStreams streams =
            CommandStreams.open(endpoint, interactive, tty, environment.out(), environment.err());
        RawTerminal terminal = tty && RawTerminal.isThere() ? RawTerminal.enter() : null) {
      if (terminal != null) {
        terminal.followSize((Terminal.Size size) -> streams.resize(size.columns(), size.rows()));
      }
      connected.run();
      CompletableFuture<Void> left = new CompletableFuture<>();
      if (interactive) {
        Thread.ofPlatform().daemon().name("input").start(() -> pass(streams, left));
      }
      CompletableFuture.anyOf(streams.end(), left).get();
      return left.isDone() && !streams.end().isDone() ? null : streams.end().get();
    } catch (ExecutionException e) {
      throw new IOException(e.getCause() == null ? e : e.getCause());
    }
  }

  private void pass(CommandStreams streams, CompletableFuture<Void> left) {
    DetachKeys keys = new DetachKeys();
    InputStream in = environment.in();
    byte[] typed = new byte[PIECE];
    try {
      int count;
      while ((count = in.read(typed)) > 0) {
        byte[] passed = tty ? keys.filter(typed, count) : Arrays.copyOf(typed, count);
        if (passed.length > 0) {
          streams.type(passed);
        }
        if (keys.isDetached()) {
          left.complete(null);
          return;
        }
      }
      streams.endInput();
    } catch (IOException | InterruptedException e) {
      // The streams' own end tells better what happened.
      streams.endInput();
    }
  }

  /** The exit code, or the failure with the code that docker has for it. */
  static int exitCode(CommandStreams.End end) {
    Integer code = end.exitCode();
    if (code != null) {
      return code;
    }
    String reason = end.message();
    throw CliException.withExitCode(ExitCode.ofStartFailure(reason, ExitCode.FAILED), reason);
  }
}
