package io.jukung.runtime.metrics;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** A family of histograms of durations, one for each set of labels. Thread-safe. */
final class Durations implements Family {
  private final Description description;
  private final List<Double> boundsSeconds;
  private final Map<String, Histogram> byLabels = new ConcurrentSkipListMap<>();

  /**
   * A family without observations.
   *
   * @param boundsSeconds the upper bounds of the buckets, ascending, without infinity. Each costs a
   *     series for each set of labels
   */
  Durations(String name, List<String> labels, String help, List<Double> boundsSeconds) {
    this.description = new Description(name, Kind.HISTOGRAM, labels, help);
    this.boundsSeconds = List.copyOf(boundsSeconds);
  }

  /**
   * Counts a duration.
   *
   * @param labels the caller bounds how many different ones there are
   */
  void observe(Labels labels, Duration duration) {
    byLabels
        .computeIfAbsent(labels.text(), _ -> new Histogram(boundsSeconds.size() + 1))
        .observe(bucketOf(duration), duration.toNanos());
  }

  private int bucketOf(Duration duration) {
    double seconds = duration.toNanos() / 1e9;
    int bucket = 0;
    while (bucket < boundsSeconds.size() && seconds > boundsSeconds.get(bucket)) {
      bucket++;
    }
    return bucket;
  }

  private static final class Histogram {
    private final AtomicLongArray counts;
    private final LongAdder nanos = new LongAdder();

    Histogram(int buckets) {
      counts = new AtomicLongArray(buckets);
    }

    void observe(int bucket, long took) {
      nanos.add(took);
      counts.incrementAndGet(bucket);
    }
  }

  @Override
  public Description description() {
    return description;
  }

  @Override
  public void write(SeriesWriter to) {
    byLabels.forEach((labels, histogram) -> write(to, new Labels(labels), histogram));
  }

  private void write(SeriesWriter to, Labels labels, Histogram histogram) {
    long count = 0;
    for (int bucket = 0; bucket <= boundsSeconds.size(); bucket++) {
      count += histogram.counts.get(bucket);
      String bound =
          bucket < boundsSeconds.size() ? Double.toString(boundsSeconds.get(bucket)) : "+Inf";
      to.number("_bucket", labels.and("le", bound), (double) count);
    }
    // The count is that of the buckets: one that is counted meanwhile must not make them differ.
    to.number("_count", labels, (double) count);
    to.number("_sum", labels, histogram.nanos.sum() / 1e9);
  }
}
