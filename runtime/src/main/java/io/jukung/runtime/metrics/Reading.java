package io.jukung.runtime.metrics;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/**
 * A family whose numbers are read from the daemon when the page is made, so that they cost nothing
 * before.
 */
final class Reading implements Family {
  private final Description description;
  private final Consumer<SeriesWriter> source;

  Reading(Description description, Consumer<SeriesWriter> source) {
    this.description = description;
    this.source = source;
  }

  /** A family of one gauge without labels. */
  static Reading gauge(String name, String help, DoubleSupplier value) {
    return new Reading(
        new Description(name, Kind.GAUGE, List.of(), help),
        to -> to.number(Labels.NONE, value.getAsDouble()));
  }

  /** A family of gauges with one label. */
  static Reading gauges(String name, String label, String help, Consumer<SeriesWriter> source) {
    return new Reading(new Description(name, Kind.GAUGE, List.of(label), help), source);
  }

  /** A family of one counter without labels, which the daemon counts in any case. */
  static Reading counter(String name, String help, DoubleSupplier value) {
    return new Reading(
        new Description(name, Kind.COUNTER, List.of(), help),
        to -> to.number(Labels.NONE, value.getAsDouble()));
  }

  @Override
  public Description description() {
    return description;
  }

  @Override
  public void write(SeriesWriter to) {
    source.accept(to);
  }
}
