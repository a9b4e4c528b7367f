package io.jukung.runtime.life;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What is known of a container's health.
 *
 * <pre>
 *   STARTING ──success──► HEALTHY ◄──success── UNHEALTHY
 *       └──── failures in a row ──► UNHEALTHY ◄──failures in a row── HEALTHY
 * </pre>
 *
 * @param failingStreak how many probes have failed in a row
 * @param probes the last probes, the oldest first
 */
record HealthState(Status status, int failingStreak, List<Probe> probes) {
  /** As many as docker keeps. */
  private static final int MAX_PROBES = 5;

  enum Status {
    STARTING,
    HEALTHY,
    UNHEALTHY;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A probe that has ended.
   *
   * @param start as {@code end}, in nanoseconds since the epoch
   * @param exitCode 0: the container is healthy; -1: the command did not run, or not to its end
   * @param output the beginning of what it wrote, or why it did not run
   */
  record Probe(long start, long end, int exitCode, String output) {}

  HealthState {
    probes = List.copyOf(probes);
  }

  static HealthState starting() {
    return new HealthState(Status.STARTING, 0, List.of());
  }

  /**
   * The state after one more probe.
   *
   * @param counts whether a failure counts: not in the start period, before the first success
   * @param retries how many failures in a row make the container unhealthy
   */
  HealthState after(Probe probe, boolean counts, int retries) {
    List<Probe> all = new ArrayList<>(probes);
    all.add(probe);
    List<Probe> last = all.subList(Math.max(0, all.size() - MAX_PROBES), all.size());
    if (probe.exitCode() == 0) {
      return new HealthState(Status.HEALTHY, 0, last);
    }
    int streak = failingStreak + (counts || status != Status.STARTING ? 1 : 0);
    return new HealthState(streak >= retries ? Status.UNHEALTHY : status, streak, last);
  }
}
