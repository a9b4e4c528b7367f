package io.jukung.runtime.log;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Remembers which faults of the daemon the log has a stack of, so that a fault that every retry of
 * a caller meets is explained once. Thread-safe.
 */
public final class LoggedStacks {
  /** More than there are different faults; the oldest is forgotten, and explained again. */
  private static final int MAX_REMEMBERED = 100;

  private final Map<String, Boolean> seen =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > MAX_REMEMBERED;
        }
      };

  /** Whether no failure of this class was thrown at the same place before. */
  public synchronized boolean isFirst(Throwable failure) {
    StackTraceElement[] stack = failure.getStackTrace();
    String place = failure.getClass().getName() + (stack.length == 0 ? "" : "@" + stack[0]);
    return seen.putIfAbsent(place, true) == null;
  }
}
