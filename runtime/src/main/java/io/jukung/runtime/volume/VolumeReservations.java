package io.jukung.runtime.volume;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The volumes that a client has made or found for a container which it is about to create. Each
 * reservation ends with the creation of one container that uses the volume, or after a while: the
 * client may be gone. Thread-safe.
 */
final class VolumeReservations {
  /** Far longer than a client takes from one call to the next. */
  static final Duration LIMIT = Duration.ofMinutes(1);

  private final LongSupplier nanoTime;

  /** The ends of the reservations by the volume's id, the first one first. */
  private final Map<String, Deque<Long>> ends = new HashMap<>();

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  VolumeReservations(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  synchronized void add(String volumeId) {
    expire();
    ends.computeIfAbsent(volumeId, _ -> new ArrayDeque<>())
        .add(nanoTime.getAsLong() + LIMIT.toNanos());
  }

  /** A container that uses the volume is being created. */
  synchronized void take(String volumeId) {
    Deque<Long> all = ends.get(volumeId);
    if (all != null) {
      var _ = all.poll();
    }
    expire();
  }

  synchronized boolean has(String volumeId) {
    expire();
    return ends.containsKey(volumeId);
  }

  private void expire() {
    long now = nanoTime.getAsLong();
    ends.values().forEach(all -> all.removeIf(end -> end - now <= 0));
    ends.values().removeIf(Deque::isEmpty);
  }
}
