package io.jukung.e2e.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The durations of one operation, in nanoseconds. */
final class Samples {
  private final List<Long> nanos = new ArrayList<>();

  void add(long sample) {
    nanos.add(sample);
  }

  double medianMillis() {
    return quantileMillis(0.5);
  }

  double p99Millis() {
    return quantileMillis(0.99);
  }

  /** By nearest rank: the result is always a measured value. */
  private double quantileMillis(double quantile) {
    if (nanos.isEmpty()) {
      throw new IllegalStateException("there are no samples");
    }
    List<Long> sorted = new ArrayList<>(nanos);
    Collections.sort(sorted);
    int rank = (int) Math.ceil(quantile * sorted.size());
    return sorted.get(Math.max(rank, 1) - 1) / 1e6;
  }
}
