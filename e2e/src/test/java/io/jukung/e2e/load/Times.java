package io.jukung.e2e.load;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The durations of calls of one kind. Thread-safe. */
final class Times {
  /** The number of calls for each duration in milliseconds. */
  private final ConcurrentSkipListMap<Long, AtomicInteger> calls = new ConcurrentSkipListMap<>();

  /** Makes a call and adds its duration if it does not throw. */
  <T> T measure(Callable<T> call) throws Exception {
    long start = System.nanoTime();
    T result = call.call();
    add((System.nanoTime() - start) / 1_000_000);
    return result;
  }

  void add(long millis) {
    calls.computeIfAbsent(millis, _ -> new AtomicInteger()).incrementAndGet();
  }

  int count() {
    return calls.values().stream().mapToInt(AtomicInteger::get).sum();
  }

  /** By nearest rank: the result is always a measured value. Zero if there is none. */
  Duration quantile(double quantile) {
    int rank = Math.max(1, (int) Math.ceil(quantile * count()));
    int seen = 0;
    for (var entry : calls.entrySet()) {
      seen += entry.getValue().get();
      if (seen >= rank) {
        return Duration.ofMillis(entry.getKey());
      }
    }
    return Duration.ZERO;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%d calls, median %d ms, p99 %d ms, longest %d ms",
        count(),
        quantile(0.5).toMillis(),
        quantile(0.99).toMillis(),
        quantile(1).toMillis());
  }
}
