package io.jukung.runtime.stats;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Computes rates from readings of processor time: each rate is the average since the previous
 * reading, or since the object's start for the first reading. Thread-safe.
 */
public final class CpuRates {
  /** Readings closer together than this get the same rate, not the noise of a short interval. */
  private static final long SHORTEST_WINDOW = TimeUnit.SECONDS.toNanos(1);

  private final ConcurrentHashMap<String, Reading> last = new ConcurrentHashMap<>();
  private final LongSupplier monotonic;

  public CpuRates() {
    this(System::nanoTime);
  }

  /**
   * Rates by another clock.
   *
   * @param monotonic nanoseconds since any moment; it does not go back when the time of day is set
   */
  CpuRates(LongSupplier monotonic) {
    this.monotonic = monotonic;
  }

  /** A reading at a moment of the monotonic clock. */
  private record Reading(long at, long used, long nanoCores) {
    Reading next(long newAt, long newUsed) {
      long window = newAt - at;
      // After the cgroup was created again there is no rate.
      return window < SHORTEST_WINDOW
          ? this
          : new Reading(newAt, newUsed, rate(newUsed - used, window));
    }
  }

  /**
   * Records a reading and returns the rate.
   *
   * @param id the object that was read
   * @param since when the object had used nothing, in nanoseconds since the epoch
   * @param time when it was read, in nanoseconds since the epoch; for the first reading only
   * @param used its processor time so far, in nanoseconds
   * @return nanoseconds of processor time per second
   */
  public long nanoCores(String id, long since, long time, long used) {
    long at = monotonic.getAsLong();
    return last.compute(
            id,
            (key, before) ->
                before == null
                    ? new Reading(at, used, rate(used, time - since))
                    : before.next(at, used))
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
