package io.jukung.cli.command;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.terminal.Terminal;
import java.nio.file.Path;

/**
 * The process that the user started for a command. In a JVM of its own the command runs in that
 * process; in the resident client it runs for another process, whose working directory, terminal
 * and signals are not those of this JVM.
 */
public interface Caller {
  /** Returns the working directory, an absolute path. */
  Path directory();

  /** Returns the path by which this JVM opens a file that the caller names. */
  Path reach(Path named);

  /**
   * Returns a new descriptor of standard input, which the user of this method closes.
   *
   * @throws ErrnoException if standard input is closed
   */
  Fd duplicateInput() throws ErrnoException;

  /** Returns what standard output is. */
  Display display();

  /** Waits until the caller may use its terminal: until its job is in the foreground. */
  void awaitForeground() throws InterruptedException;

  /**
   * Runs the thread when a signal ends the command, before the caller ends. All such threads run at
   * the same time.
   */
  void addEndHook(Thread hook);

  /** Removes a thread of {@link #addEndHook}. Does nothing if the command is ending already. */
  void removeEndHook(Thread hook);

  /**
   * What the command's output is shown on.
   *
   * @param terminal whether it is a terminal
   * @param columns the width of the terminal in characters; 80 if there is none
   */
  record Display(boolean terminal, int columns) {
    private static final int DEFAULT_COLUMNS = 80;

    /** Output that is not shown on a terminal. */
    public static final Display NONE = new Display(false, DEFAULT_COLUMNS);

    /** Returns the display behind a descriptor, which need not be a terminal. */
    public static Display of(Fd output) {
      try {
        int columns = Terminal.size(output).columns();
        return new Display(true, columns == 0 ? DEFAULT_COLUMNS : columns);
      } catch (ErrnoException e) {
        return NONE; // ENOTTY: a pipe or a file
      }
    }
  }
}
