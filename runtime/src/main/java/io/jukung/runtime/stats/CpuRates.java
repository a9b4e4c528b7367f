package io.jukung.runtime.stats;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Makes rates of readings of processor time: each is the average since the reading before. What was
 * never read before is averaged over its whole life. Thread-safe.
 */
public final class CpuRates {
  /** Several who ask at once see one rate, not the noise of a few microseconds. */
  private static final long SHORTEST_WINDOW = TimeUnit.SECONDS.toNanos(1);

  private final ConcurrentHashMap<String, Reading> last = new ConcurrentHashMap<>();

  private record Reading(long time, long used, long nanoCores) {
    Reading next(long newTime, long newUsed) {
      long window = newTime - time;
      if (window >= 0 && window < SHORTEST_WINDOW) {
        return this;
      }
      // A clock that was set back, or a cgroup made anew, begins a window without a rate.
      return new Reading(newTime, newUsed, window < 0 ? 0 : rate(newUsed - used, window));
    }
  }

  /**
   * Takes a reading.
   *
   * @param id whose
   * @param since when it had used nothing, in nanoseconds since the epoch
   * @param time of the reading, in nanoseconds since the epoch
   * @param used processor time, in nanoseconds
   * @return nanoseconds of processor time per second
   */
  public long nanoCores(String id, long since, long time, long used) {
    return last.compute(
            id,
            (key, before) ->
                before == null
                    ? new Reading(time, used, rate(used, time - since))
                    : before.next(time, used))
        .nanoCores();
  }

  /** Forgets all others. */
  public void retain(Set<String> ids) {
    last.keySet().retainAll(ids);
  }

  private static long rate(long used, long window) {
    double seconds = window / (double) TimeUnit.SECONDS.toNanos(1);
    return used <= 0 || seconds <= 0 ? 0 : Math.round(used / seconds);
  }
}
