package io.jukung.runtime.stats;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Computes rates from readings of processor time: each rate is the average since the previous
 * reading, or since the object's start for the first reading. Thread-safe.
 */
public final class CpuRates {
  /** Readings closer together than this get the same rate, not the noise of a short interval. */
  private static final long SHORTEST_WINDOW = TimeUnit.SECONDS.toNanos(1);

  private final ConcurrentHashMap<String, Reading> last = new ConcurrentHashMap<>();

  private record Reading(long time, long used, long nanoCores) {
    Reading next(long newTime, long newUsed) {
      long window = newTime - time;
      if (window >= 0 && window < SHORTEST_WINDOW) {
        return this;
      }
      // After the clock was set back, or the cgroup was created again, there is no rate.
      return new Reading(newTime, newUsed, window < 0 ? 0 : rate(newUsed - used, window));
    }
  }

  /**
   * Records a reading and returns the rate.
   *
   * @param id the object that was read
   * @param since when the object had used nothing, in nanoseconds since the epoch
   * @param time when it was read, in nanoseconds since the epoch
   * @param used its processor time so far, in nanoseconds
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

  /** Forgets all objects but these. */
  public void retain(Set<String> ids) {
    last.keySet().retainAll(ids);
  }

  private static long rate(long used, long window) {
    double seconds = window / (double) TimeUnit.SECONDS.toNanos(1);
    return used <= 0 || seconds <= 0 ? 0 : Math.round(used / seconds);
  }
}
