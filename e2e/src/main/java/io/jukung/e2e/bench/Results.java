package io.jukung.e2e.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** What was measured: for each row one value, or one set of samples, of each runtime. */
final class Results {
  private final List<String> runtimes;
  private final Map<Row, Map<String, Samples>> times = new EnumMap<>(Row.class);
  private final Map<Row, Map<String, Double>> figures = new EnumMap<>(Row.class);
  private final Map<Row, Map<String, String>> refusals = new EnumMap<>(Row.class);

  /**
   * @param runtimes the names of the runtimes; the others are compared with the first
   */
  Results(List<String> runtimes) {
    this.runtimes = List.copyOf(runtimes);
  }

  List<String> runtimes() {
    return runtimes;
  }

  void addTime(Row row, String runtime, long nanos) {
    times
        .computeIfAbsent(row, key -> new LinkedHashMap<>())
        .computeIfAbsent(runtime, key -> new Samples())
        .add(nanos);
  }

  void put(Row row, String runtime, double value) {
    figures.computeIfAbsent(row, key -> new LinkedHashMap<>()).put(runtime, value);
  }

  /** Notes that a runtime answers a call with an error. */
  void refuse(Row row, String runtime, String message) {
    refusals.computeIfAbsent(row, key -> new LinkedHashMap<>()).put(runtime, message);
  }

  /** The rows of a table that any runtime has a value of, in their order. */
  List<Row> rows(Row.Table table) {
    List<Row> rows = new ArrayList<>();
    for (Row row : Row.values()) {
      if (row.table() == table && (times.containsKey(row) || figures.containsKey(row))) {
        rows.add(row);
      }
    }
    return rows;
  }

  Optional<Samples> samples(Row row, String runtime) {
    return Optional.ofNullable(times.getOrDefault(row, Map.of()).get(runtime));
  }

  /** The median of a time, or the figure. */
  OptionalDouble value(Row row, String runtime) {
    Optional<Samples> samples = samples(row, runtime);
    if (samples.isPresent()) {
      return OptionalDouble.of(samples.get().medianMillis());
    }
    Double figure = figures.getOrDefault(row, Map.of()).get(runtime);
    return figure == null ? OptionalDouble.empty() : OptionalDouble.of(figure);
  }

  /** Why a runtime has no value, as sentences. */
  List<String> refusals() {
    List<String> sentences = new ArrayList<>();
    refusals.forEach(
        (row, byRuntime) ->
            byRuntime.forEach(
                (runtime, message) ->
                    sentences.add("%s refuses %s: %s".formatted(runtime, row.label(), message))));
    return sentences;
  }
}
