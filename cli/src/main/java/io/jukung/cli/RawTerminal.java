package io.jukung.cli;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.terminal.Terminal;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The user's terminal, with every key going to the container: nothing is echoed, edited or turned
 * into a signal here. {@link #close} gives it back as it was, also where this process is ended by a
 * signal.
 */
final class RawTerminal implements AutoCloseable {
  private static final Duration SIZE_INTERVAL = Duration.ofMillis(200);

  private final Fd terminal;
  private final Terminal.Mode before;
  private final Thread restorer;

  private RawTerminal(Fd terminal, Terminal.Mode before) {
    this.terminal = terminal;
    this.before = before;
    this.restorer = new Thread(this::restore, "terminal");
  }

  /** Whether standard input is a terminal. */
  static boolean isThere() {
    try (Fd input = input()) {
      var _ = Terminal.mode(input);
      return true;
    } catch (ErrnoException e) {
      return false;
    }
  }

  private static Fd input() throws ErrnoException {
    Fd standard = Fd.own(0);
    try {
      return standard.duplicate();
    } finally {
      var _ = standard.release();
    }
  }

  static RawTerminal enter() throws ErrnoException {
    Fd terminal = input();
    try {
      RawTerminal raw = new RawTerminal(terminal, Terminal.mode(terminal));
      Runtime.getRuntime().addShutdownHook(raw.restorer);
      Terminal.setMode(terminal, raw.before.raw());
      return raw;
    } catch (ErrnoException e) {
      terminal.close();
      throw e;
    }
  }

  /**
   * Tells the size now and whenever it has changed. It is asked for: SIGWINCH would tell, but Java
   * takes signals only by an interface of its own that is not for others.
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

  /** The size that was told last; null where there is no terminal any more. */
  private Terminal.@Nullable Size tell(Terminal.Size last, Consumer<Terminal.Size> follower) {
    try {
      Terminal.Size size = Terminal.size(terminal);
      if (!size.equals(last) && size.columns() > 0 && size.rows() > 0) {
        follower.accept(size);
      }
      return size;
    } catch (ErrnoException | IllegalStateException e) {
      return null; // it is gone, or was given back
    }
  }

  private void restore() {
    try {
      Terminal.setMode(terminal, before);
    } catch (ErrnoException | IllegalStateException e) {
      return; // it is gone, or was given back before
    }
  }

  @Override
  public void close() {
    restore();
    terminal.close();
    try {
      var _ = Runtime.getRuntime().removeShutdownHook(restorer);
    } catch (IllegalStateException e) {
      return; // the process is ending, and the hook finds nothing left to do
    }
  }
}
