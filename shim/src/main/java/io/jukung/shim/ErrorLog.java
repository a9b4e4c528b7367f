package io.jukung.shim;

/**
 * Writes to the shim's standard error, which the daemon redirects to a file. The number of lines is
 * bounded, because nobody rotates that file. Thread-safe.
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
