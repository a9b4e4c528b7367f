package io.jukung.shim;

import static io.jukung.linux.fs.OpenFlags.O_APPEND;
import static io.jukung.linux.fs.OpenFlags.O_CREAT;
import static io.jukung.linux.fs.OpenFlags.O_WRONLY;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;

/**
 * Writes to the shim's standard error, which the daemon redirects to a file. The number of lines is
 * bounded, because nobody rotates that file. Thread-safe.
 */
final class ErrorLog {
  private static final int MAX_LINES = 2000;
  private static final int MAX_LINE_LENGTH = 2000;
  private static final int TYPICAL_LINE_LENGTH = 200;

  private static final int MODE = 0600;
  private static final int STDOUT = 1;
  private static final int STDERR = 2;

  private static int lines;

  private ErrorLog() {}

  static synchronized int lines() {
    return lines;
  }

  /** Goes on after this many lines, which an earlier program of this process has written. */
  static synchronized void resume(int written) {
    lines = written;
  }

  /**
   * Continues in another file, which is created, with the full number of lines. Standard output
   * goes to the same file.
   */
  static synchronized void continueIn(String path) throws ErrnoException {
    try (Fd file = HostFile.open(path, O_WRONLY | O_CREAT | O_APPEND, MODE)) {
      for (int standard = STDOUT; standard <= STDERR; standard++) {
        int target = standard;
        Kernel.call(Syscall.DUP3, () -> path + " as " + target, file.number(), target, 0);
      }
    }
    lines = 0;
  }

  static synchronized void say(String message) {
    if (lines >= MAX_LINES) {
      return;
    }
    lines++;
    int end = Math.min(message.length(), MAX_LINE_LENGTH);
    System.err.println(message.substring(0, end).replace('\n', ' '));
    if (lines == MAX_LINES) {
      System.err.println("nothing more is logged: the limit of " + MAX_LINES + " lines is reached");
    }
  }

  /**
   * Logs a failure that should not happen, with the places that it came through. Never throws: a
   * caller that handles a lack of memory must not fail again here.
   *
   * @param what what was tried, or on what
   */
  static void unexpected(Object what, Throwable failure) {
    try {
      say(describe(what, failure));
    } catch (RuntimeException | Error e) {
      // There is no memory for the line; it is dropped.
    }
  }

  /** As {@link #say}, for a program that does not know how many lines earlier ones have written. */
  static void sayInSmallLog(String message) {
    try {
      if (Fd.own(STDERR).seekToEnd() > MAX_LINES * (long) TYPICAL_LINE_LENGTH) {
        return;
      }
    } catch (ErrnoException e) {
      // Standard error is no file, so it does not grow.
    }
    say(message);
  }

  /** Logs the failure that ends the process, even if the bound of lines has been reached. */
  static synchronized void last(Object what, Throwable failure) {
    System.err.println(describe(what, failure));
  }

  private static String describe(Object what, Throwable failure) {
    StringBuilder text = new StringBuilder().append(what).append(": ").append(failure);
    StackTraceElement[] trace = failure.getStackTrace();
    for (int i = 0; i < trace.length && i < 8; i++) {
      text.append(" at ").append(trace[i]);
    }
    return text.toString();
  }
}
