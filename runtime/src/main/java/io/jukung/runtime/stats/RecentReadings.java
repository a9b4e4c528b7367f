package io.jukung.runtime.stats;

import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Shares readings between callers that come shortly after each other, such as kubelet and a
 * monitoring agent: an object is read once for all of them. Thread-safe.
 *
 * @param <V> what is read
 */
final class RecentReadings<V> {
  /** How old a reading may be. Callers ask every 10 s or less often. */
  static final Duration MAX_AGE = Duration.ofMillis(100);

  private final ConcurrentHashMap<String, Slot<V>> slots = new ConcurrentHashMap<>();
  private final LongSupplier monotonic;

  RecentReadings() {
    this(System::nanoTime);
  }

  /**
   * Readings by another clock.
   *
   * @param monotonic nanoseconds since any moment
   */
  RecentReadings(LongSupplier monotonic) {
    this.monotonic = monotonic;
  }

  /** Reads an object now. */
  @FunctionalInterface
  interface Reader<V> {
    V read() throws IOException;
  }

  /** The newest reading of an object. Guarded by the lock, which is held while it is read. */
  private static final class Slot<V> {
    final ReentrantLock lock = new ReentrantLock();
    @Nullable Object state;
    @Nullable V value;
    long readAt;

    @SuppressWarnings("ReferenceEquality") // a container that was started again may look the same
    boolean isOf(Object asked) {
      return state == asked;
    }
  }

  /**
   * Returns a reading of the object that is at most {@link #MAX_AGE} old. A caller that comes while
   * the object is being read waits for that reading.
   *
   * @param state the state of the object, compared by identity: a reading is not used again after
   *     the state has changed
   */
  V of(String id, Object state, Reader<V> reader) throws IOException {
    Slot<V> slot = slots.computeIfAbsent(id, _ -> new Slot<>());
    slot.lock.lock();
    try {
      V known = slot.value;
      if (known != null
          && slot.isOf(state)
          && monotonic.getAsLong() - slot.readAt < MAX_AGE.toNanos()) {
        return known;
      }
      long at = monotonic.getAsLong();
      V fresh = reader.read();
      slot.value = fresh;
      slot.state = state;
      slot.readAt = at;
      return fresh;
    } finally {
      slot.lock.unlock();
    }
  }

  /** Forgets all objects but these. */
  void retain(Set<String> ids) {
    slots.keySet().retainAll(ids);
  }
}
