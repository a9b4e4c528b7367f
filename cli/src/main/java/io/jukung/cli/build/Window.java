package io.jukung.cli.build;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.terminal.Terminal;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The size of the user's terminal, as it is at each question. Standard input usually is that
 * terminal; where it is none, the size is taken for 80 columns and 24 rows. To be closed when
 * nobody asks any more.
 */
final class Window implements Supplier<Terminal.Size>, AutoCloseable {
  private static final Terminal.Size USUAL = new Terminal.Size(80, 24);

  private @Nullable Fd terminal;

  Window(CliEnvironment environment) {
    try {
      this.terminal = environment.caller().duplicateInput();
    } catch (ErrnoException e) {
      this.terminal = null; // standard input is closed
    }
  }

  @Override
  public synchronized Terminal.Size get() {
    if (terminal == null) {
      return USUAL;
    }
    try {
      Terminal.Size size = Terminal.size(terminal);
      return size.columns() == 0 || size.rows() == 0 ? USUAL : size;
    } catch (ErrnoException e) {
      return USUAL; // ENOTTY: a pipe or a file
    }
  }

  @Override
  public synchronized void close() {
    if (terminal != null) {
      terminal.close();
      terminal = null;
    }
  }
}
