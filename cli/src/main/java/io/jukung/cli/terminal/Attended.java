package io.jukung.cli.terminal;

import io.jukung.cli.command.Caller;
import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ExitCode;
import io.jukung.cri.streaming.CommandStreams;
import io.jukung.cri.streaming.DetachKeys;
import io.jukung.cri.streaming.StreamEndpoint;
import io.jukung.linux.terminal.Terminal;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Connects the user's terminal or pipes to the streams of a container or an exec. */
public final class Attended {
  private static final int PIECE = 16 * 1024;

  private final CliEnvironment environment;
  private final boolean interactive;
  private final boolean tty;

  /**
   * @param interactive whether the user's input is sent
   * @param tty whether the process at the other end has a terminal
   */
  public Attended(CliEnvironment environment, boolean interactive, boolean tty) {
    this.environment = environment;
    this.interactive = interactive;
    this.tty = tty;
  }

  /**
   * Refuses {@code -it} where standard input is not a terminal. To be called before anything is
   * made.
   */
  public static void requireTerminal(CliEnvironment environment, boolean interactive, boolean tty) {
    if (interactive && tty && !RawTerminal.isThere(environment.caller())) {
      throw CliException.usage("-t needs a terminal, and standard input is none");
    }
  }

  /** What {@link #to} does once it is connected. */
  public interface Connected {
    void run() throws IOException, InterruptedException;
  }

  /**
   * Connects to the streams, and returns when they have ended.
   *
   * @param connected called once the streams are connected, before any input is sent
   * @return how the streams ended; null where the user left by the detach keys
   * @throws CliException where nobody reads the output any more
   */
  public CommandStreams.@Nullable End to(StreamEndpoint endpoint, Connected connected)
      throws IOException, InterruptedException {
    Caller caller = environment.caller();
    try (CommandStreams streams =
            CommandStreams.open(endpoint, interactive, tty, environment.out(), environment.err());
        RawTerminal terminal =
            tty && RawTerminal.isThere(caller) ? RawTerminal.enter(caller) : null) {
      if (terminal != null) {
        terminal.followSize((Terminal.Size size) -> streams.resize(size.columns(), size.rows()));
      }
      connected.run();
      CompletableFuture<Void> left = new CompletableFuture<>();
      if (interactive) {
        Thread.ofPlatform().daemon().name("input").start(() -> pass(streams, left));
      }
      CompletableFuture.anyOf(streams.end(), left).get();
      if (left.isDone() && !streams.end().isDone()) {
        return null;
      }
      CommandStreams.End end = streams.end().get();
      if (end.equals(CommandStreams.OUTPUT_CLOSED)) {
        throw CliException.outputClosed();
      }
      return end;
    } catch (ExecutionException e) {
      throw new IOException(e.getCause() == null ? e : e.getCause());
    }
  }

  private void pass(CommandStreams streams, CompletableFuture<Void> left) {
    DetachKeys keys = new DetachKeys(DetachKeys.DEFAULT);
    InputStream in = environment.in();
    byte[] typed = new byte[PIECE];
    try {
      int count;
      while ((count = in.read(typed)) > 0) {
        byte[] passed = tty ? keys.filter(typed, count) : Arrays.copyOf(typed, count);
        if (passed.length > 0) {
          streams.sendInput(passed);
        }
        if (keys.isDetached()) {
          left.complete(null);
          return;
        }
      }
      streams.endInput();
    } catch (IOException | InterruptedException e) {
      // The connection is lost or this process ends: the end of the streams tells which.
      streams.endInput();
    }
  }

  /**
   * Returns the exit code of a process whose streams have ended.
   *
   * @throws CliException with docker's exit code where there is none, because the process did not
   *     start
   */
  public static int exitCode(CommandStreams.End end) {
    Integer code = end.exitCode();
    if (code != null) {
      return code;
    }
    String reason = end.message();
    throw CliException.withExitCode(ExitCode.ofStartFailure(reason, ExitCode.FAILED), reason);
  }
}
