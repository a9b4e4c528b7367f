package io.jukung.runtime.shim;

import java.util.concurrent.atomic.LongAdder;

/** How often shims have fallen asleep and woken. Thread-safe. */
final class SleepCounts {
  private final LongAdder sleeps = new LongAdder();
  private final LongAdder wakes = new LongAdder();

  void slept() {
    sleeps.increment();
  }

  void woke() {
    wakes.increment();
  }

  long sleeps() {
    return sleeps.sum();
  }

  long wakes() {
    return wakes.sum();
  }
}
