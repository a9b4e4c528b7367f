package io.jukung.runtime.metrics;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/** A family of counters, with one for each set of labels that was counted. Thread-safe. */
final class Counters implements Family {
  private final Description description;
  private final Map<String, LongAdder> byLabels = new ConcurrentSkipListMap<>();

  Counters(String name, List<String> labels, String help) {
    this.description = new Description(name, Kind.COUNTER, labels, help);
  }

  /**
   * Adds to the counter with these labels.
   *
   * @param labels the caller bounds how many different ones there are
   */
  void add(Labels labels, long count) {
    byLabels.computeIfAbsent(labels.text(), _ -> new LongAdder()).add(count);
  }

  /** How many sets of labels were counted. */
  int size() {
    return byLabels.size();
  }

  /** Whether something was counted with these labels. */
  boolean has(Labels labels) {
    return byLabels.containsKey(labels.text());
  }

  @Override
  public Description description() {
    return description;
  }

  @Override
  public void write(SeriesWriter to) {
    byLabels.forEach((labels, count) -> to.number(new Labels(labels), (double) count.sum()));
  }
}
