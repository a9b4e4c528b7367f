package io.jukung.runtime.life;

import io.jukung.runtime.store.ContainerStatusRecord;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How long containers wait until they are started again: longer after each short run, so that one
 * that ends at once does not keep the node busy. The figures are docker's. Thread-safe.
 */
final class RestartDelays {
  static final Duration FIRST = Duration.ofMillis(100);
  static final Duration LONGEST = Duration.ofMinutes(1);

  /** After a run of this length a container waits as after its first one. */
  static final Duration LONG_RUN = Duration.ofSeconds(10);

  private final Map<String, Duration> last = new ConcurrentHashMap<>();

  /** The delay after this run of the container. */
  Duration next(String id, ContainerStatusRecord end) {
    long run = end.finishedAt() - end.startedAt();
    boolean isLong = end.startedAt() != 0 && run >= LONG_RUN.toNanos();
    return last.compute(
        id, (_, before) -> before == null || isLong ? FIRST : min(before.multipliedBy(2), LONGEST));
  }

  /** Forgets the container's earlier runs. */
  void forget(String id) {
    last.remove(id);
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
