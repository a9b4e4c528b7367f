package io.jukung.shim;

/**
 * The shim's standard error, which the daemon points at a small file. Bounded, because nobody
 * rotates it: a failure that repeats for ever says nothing new.
 */
final class ErrorLog {
  private static final int MAX_LINES = 2000;
  private static final int MAX_LINE_LENGTH = 2000;

  private static int lines;

  private ErrorLog() {}

  static synchronized void say(String message) {
    if (lines >= MAX_LINES) {
      return;
    }
    lines++;
    int end = Math.min(message.length(), MAX_LINE_LENGTH);
    System.err.println(message.substring(0, end).replace('\n', ' '));
    if (lines == MAX_LINES) {
      System.err.println("no more lines: " + MAX_LINES + " are enough");
    }
  }

  /** With the place it came from: for what should not happen. */
  static void unexpected(String what, Throwable failure) {
    StringBuilder text = new StringBuilder(what).append(": ").append(failure);
    StackTraceElement[] trace = failure.getStackTrace();
    for (int i = 0; i < trace.length && i < 8; i++) {
      text.append(" at ").append(trace[i]);
    }
    say(text.toString());
  }
}
