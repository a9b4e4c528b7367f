package io.jukung.cli.container;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Reads what rotation has made of a log with {@code --log-opt max-file}: {@code name.log.1} is the
 * file before {@code name.log}, {@code name.log.2} the one before that.
 */
final class EarlierLogs {
  /** The most files that a log has. */
  private static final int MAX_FILES = 1000;

  private EarlierLogs() {}

  /**
   * Gives the lines of the earlier files, the oldest first.
   *
   * @param log the current file, of which nothing is read yet; opened here, so that no line is
   *     missed if the log rotates meanwhile
   * @param count how many lines are wanted, the last ones
   */
  static void read(Path path, LogFile log, long count, Consumer<byte[]> lines) throws IOException {
    Set<Object> seen = new HashSet<>();
    Object current = log.openNow();
    if (current == null) {
      return;
    }
    seen.add(current);
    Deque<LogFile> oldestFirst = new ArrayDeque<>();
    try {
      long missing = count;
      for (int i = 1; i < MAX_FILES && missing > 0; i++) {
        LogFile earlier = new LogFile(Path.of(path + "." + i), lines);
        Object key = earlier.openNow();
        if (key == null) {
          break;
        }
        oldestFirst.addFirst(earlier); // also one that was seen, to close it
        if (seen.add(key)) {
          missing = missing == Long.MAX_VALUE ? missing : earlier.skipToLast(missing);
        } else {
          earlier.skipToLast(0); // the log has rotated, and this file is open already
        }
      }
      for (LogFile each : oldestFirst) {
        each.readFinished();
      }
    } finally {
      for (LogFile each : oldestFirst) {
        each.close();
      }
    }
  }
}
