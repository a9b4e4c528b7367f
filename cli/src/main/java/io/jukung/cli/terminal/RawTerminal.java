package io.jukung.cli.terminal;

import io.jukung.cli.command.Caller;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.terminal.Terminal;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The user's terminal in raw mode: every key goes to the container, and nothing is echoed, edited
 * or turned into a signal here. {@link #close} restores the terminal; where a signal ends the
 * command, a hook of the caller does.
 */
final class RawTerminal implements AutoCloseable {
  private static final Duration SIZE_INTERVAL = Duration.ofMillis(200);

  private final Caller caller;
  private final Fd terminal;
  private final Terminal.Mode before;
  private final Thread restorer;

  private RawTerminal(Caller caller, Fd terminal, Terminal.Mode before) {
    this.caller = caller;
    this.terminal = terminal;
    this.before = before;
    this.restorer = new Thread(this::restore, "terminal");
  }

  /** Whether standard input is a terminal. */
  static boolean isThere(Caller caller) {
    try (Fd input = caller.duplicateInput()) {
      var _ = Terminal.mode(input);
      return true;
    } catch (ErrnoException e) {
      return false;
    }
  }

  /** Puts the terminal that is standard input into raw mode. */
  static RawTerminal enter(Caller caller) throws ErrnoException, InterruptedException {
    Fd terminal = caller.duplicateInput();
    try {
      caller.awaitForeground();
      RawTerminal raw = new RawTerminal(caller, terminal, Terminal.mode(terminal));
      caller.addEndHook(raw.restorer);
      Terminal.setMode(terminal, raw.before.raw());
      return raw;
    } catch (ErrnoException | InterruptedException e) {
      terminal.close();
      throw e;
    }
  }

  /**
   * Tells the follower the terminal's size now, and later whenever the size has changed. The size
   * is polled, because Java has no supported way to handle SIGWINCH.
   */
  void followSize(Consumer<Terminal.Size> follower) {
    Terminal.Size first = tell(new Terminal.Size(0, 0), follower);
    Thread.ofPlatform()
        .daemon()
        .name("terminal size")
        .start(
            () -> {
              Terminal.Size last = first;
              while (last != null && pause()) {
                last = tell(last, follower);
              }
            });
  }

  private static boolean pause() {
    try {
      Thread.sleep(SIZE_INTERVAL);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  /**
   * Tells the follower the size if it differs from the last one.
   *
   * @return the current size; null where the terminal is gone or was restored
   */
  private Terminal.@Nullable Size tell(Terminal.Size last, Consumer<Terminal.Size> follower) {
    try {
      Terminal.Size size = Terminal.size(terminal);
      if (!size.equals(last) && size.columns() > 0 && size.rows() > 0) {
        follower.accept(size);
      }
      return size;
    } catch (ErrnoException | IllegalStateException e) {
      return null;
    }
  }

  private void restore() {
    try {
      Terminal.setMode(terminal, before);
    } catch (ErrnoException | IllegalStateException e) {
      return; // The terminal is gone, or was restored before.
    }
  }

  @Override
  public void close() {
    restore();
    terminal.close();
    caller.removeEndHook(restorer);
  }
}
