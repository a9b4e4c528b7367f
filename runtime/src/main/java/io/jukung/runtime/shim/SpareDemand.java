package io.jukung.runtime.shim;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Says how many spare shims are worth their memory, from how many shims pods have taken and given
 * back in the last seconds. Times are those of {@link System#nanoTime}. Not thread-safe.
 */
final class SpareDemand {
  /** Pods that are replaced, by a rollout for example, follow one another within seconds. */
  static final Duration WINDOW = Duration.ofSeconds(10);

  private int least;
  private int most;
  // At most as many as there may be spares: older ones change nothing.
  private final Deque<Long> taken = new ArrayDeque<>();
  private final Deque<Long> returned = new ArrayDeque<>();

  /**
   * @param least how many spares are wanted without any demand
   * @param most how many spares there may be
   */
  SpareDemand(int least, int most) {
    bound(least, most);
  }

  /** Sets other bounds, with the same meaning as at the beginning. */
  void bound(int newLeast, int newMost) {
    least = newLeast;
    most = Math.max(newLeast, newMost);
    trim(taken);
    trim(returned);
  }

  private void trim(Deque<Long> times) {
    while (times.size() > most) {
      times.removeFirst();
    }
  }

  void taken(long now) {
    note(taken, now);
  }

  void returned(long now) {
    note(returned, now);
  }

  private void note(Deque<Long> times, long now) {
    if (times.size() >= most) {
      times.pollFirst();
    }
    if (most > 0) {
      times.addLast(now);
    }
  }

  int least() {
    return least;
  }

  /**
   * How many spares to start ahead. Shims that come back from their pods count as well: a node that
   * replaces its pods needs no new ones.
   */
  int ahead(long now) {
    return least == 0 ? 0 : bounded(recent(taken, now) - recent(returned, now));
  }

  /** How many spares to keep that are there anyway, because they cost nothing more than memory. */
  int kept(long now) {
    return bounded(recent(taken, now));
  }

  private int bounded(int count) {
    return Math.clamp(count, least, most);
  }

  private static int recent(Deque<Long> times, long now) {
    while (!times.isEmpty() && now - times.getFirst() > WINDOW.toNanos()) {
      times.removeFirst();
    }
    return times.size();
  }
}
