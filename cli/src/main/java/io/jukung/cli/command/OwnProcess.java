package io.jukung.cli.command;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import java.nio.file.Path;

/** The caller of a command that runs in a JVM of its own: this process. */
public final class OwnProcess implements Caller {
  private static final int STANDARD_OUTPUT = 1;

  @Override
  public Path directory() {
    return Path.of("").toAbsolutePath();
  }

  @Override
  public Path reach(Path named) {
    return named;
  }

  @Override
  public Fd duplicateInput() throws ErrnoException {
    return duplicate(0);
  }

  private static Fd duplicate(int number) throws ErrnoException {
    Fd standard = Fd.own(number);
    try {
      return standard.duplicate();
    } finally {
      var _ = standard.release();
    }
  }

  @Override
  public Display display() {
    // The system calls' library is loaded only for a terminal.
    if (!CliEnvironment.isTerminal(STANDARD_OUTPUT)) {
      return Display.NONE;
    }
    try (Fd output = duplicate(STANDARD_OUTPUT)) {
      return Display.of(output);
    } catch (ErrnoException e) {
      return Display.NONE; // Standard output is closed.
    }
  }

  /** Returns at once: the kernel stops a process that uses the terminal in the background. */
  @Override
  public void awaitForeground() {}

  @Override
  public void addEndHook(Thread hook) {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  @Override
  public void removeEndHook(Thread hook) {
    try {
      var _ = Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return; // The process is ending.
    }
  }
}
