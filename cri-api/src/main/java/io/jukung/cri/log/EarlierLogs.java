package io.jukung.cri.log;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads what rotation has made of a log with {@code --log-opt max-file}: {@code name.log.1} is the
 * file before {@code name.log}, {@code name.log.2} the one before that. The log may rotate while
 * the files are opened:
 *
 * <ul>
 *   <li>A file is found a second time, under the next number: it is read once.
 *   <li>A number is free for a moment, because its file was moved and the one before it will be
 *       moved next. Therefore only two free numbers in a row are the end.
 *   <li>The file that was the current one is found: those with lower numbers are newer, and are not
 *       read here. All older ones have higher numbers now, also those that were found already.
 * </ul>
 *
 * Files only move to higher numbers, and are looked for in this order, so none is missed.
 */
public final class EarlierLogs implements AutoCloseable {
  /** The most files that a log has. */
  private static final int MAX_FILES = 1000;

  /** How often the file that was read last is looked for. It may be deleted. */
  private static final int ATTEMPTS = 3;

  private final Deque<LogFile> newestFirst = new ArrayDeque<>();
  private final LogFile log;

  private EarlierLogs(LogFile log) {
    this.log = log;
  }

  /**
   * Gives the lines of the earlier files, the oldest first.
   *
   * @param log the current file, of which nothing is read yet; opened here, so that no line is
   *     missed if the log rotates meanwhile
   * @param count how many lines are wanted, the last ones
   */
  public static void read(LogFile log, long count) throws IOException {
    Object current = log.openNow();
    if (current == null) {
      return;
    }
    try (EarlierLogs earlier = new EarlierLogs(log)) {
      var _ = earlier.open(current, null, count);
      earlier.readOldestFirst();
    }
  }

  /**
   * Gives the lines of all files before one that a reader has open, the oldest first.
   *
   * @param current the key of the open file
   * @return whether there was such a file
   */
  static boolean readAll(LogFile log, Object current) throws IOException {
    try (EarlierLogs earlier = new EarlierLogs(log)) {
      var _ = earlier.open(current, null, Long.MAX_VALUE);
      return earlier.readOldestFirst();
    }
  }

  /**
   * Gives the lines of the files between two that a reader has open, the oldest first.
   *
   * @param last the key of the file that was read last
   * @param current the key of the file that will be read next
   * @return whether there was such a file
   */
  static boolean readBetween(LogFile log, Object last, Object current) throws IOException {
    try (EarlierLogs earlier = new EarlierLogs(log)) {
      for (int i = 0; i < ATTEMPTS && !earlier.open(current, last, Long.MAX_VALUE); i++) {
        // The last file is not found if it was deleted, or in the middle of two rotations.
      }
      return earlier.readOldestFirst();
    }
  }

  /**
   * Opens the files that are older than the current one and newer than the last one.
   *
   * @param last null: there is no bound
   * @param count how many lines are wanted, {@link Long#MAX_VALUE} for all
   * @return whether the last one was found
   */
  private boolean open(Object current, @Nullable Object last, long count) throws IOException {
    closeBehind(0);
    Set<Object> seen = new HashSet<>();
    long missing = count;
    int beforeGap = -1;
    int freeInARow = 0;
    for (int i = 1; i < MAX_FILES && missing > 0 && freeInARow < 2; i++) {
      LogFile file = log.earlier(i);
      Object key = file.openNow();
      if (key == null) {
        freeInARow++;
        beforeGap = beforeGap < 0 ? newestFirst.size() : beforeGap;
        continue;
      }
      freeInARow = 0;
      newestFirst.addLast(file);
      if (key.equals(last)) {
        closeBehind(newestFirst.size() - 1);
        return true;
      }
      if (key.equals(current)) {
        closeBehind(0);
        seen.clear();
        missing = count;
        beforeGap = -1;
      } else if (!seen.add(key)) {
        closeBehind(newestFirst.size() - 1);
      } else if (count != Long.MAX_VALUE) {
        missing = file.skipToLast(missing);
      }
    }
    if (last != null && beforeGap >= 0) {
      // The last file is gone. Those behind a gap may be older, and have been read.
      closeBehind(Math.min(beforeGap, newestFirst.size()));
    }
    return false;
  }

  /** Closes all but the newest so many files. */
  private void closeBehind(int kept) throws IOException {
    while (newestFirst.size() > kept) {
      newestFirst.removeLast().close();
    }
  }

  private boolean readOldestFirst() throws IOException {
    boolean any = !newestFirst.isEmpty();
    while (!newestFirst.isEmpty()) {
      try (LogFile oldest = newestFirst.removeLast()) {
        oldest.readFinished();
      }
    }
    return any;
  }

  @Override
  public void close() throws IOException {
    closeBehind(0);
  }
}
