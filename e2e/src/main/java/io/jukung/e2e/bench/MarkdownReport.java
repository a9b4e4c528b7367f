package io.jukung.e2e.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** Writes results as Markdown tables. */
final class MarkdownReport {
  private static final String MISSING = "–";

  private final Results results;
  private final List<String> runtimes;

  MarkdownReport(Results results) {
    this.results = results;
    this.runtimes = results.runtimes();
  }

  String text() {
    StringBuilder text = new StringBuilder();
    for (Row.Table table : Row.Table.values()) {
      List<Row> rows = results.rows(table);
      if (!rows.isEmpty()) {
        boolean times = table == Row.Table.TIMES;
        text.append(head(table, times));
        rows.forEach(row -> text.append(line(row, times)));
        text.append('\n');
      }
    }
    results.refusals().forEach(sentence -> text.append(sentence).append(".\n"));
    return text.toString();
  }

  private String head(Row.Table table, boolean times) {
    List<String> cells = new ArrayList<>();
    cells.add(table.heading());
    for (String runtime : runtimes) {
      cells.add(times ? runtime + " p50" : runtime);
      if (times) {
        cells.add("p99");
      }
    }
    for (String other : runtimes.subList(1, runtimes.size())) {
      cells.add(runtimes.getFirst() + " / " + other);
    }
    return "| " + String.join(" | ", cells) + " |\n|---|" + "---:|".repeat(cells.size() - 1) + "\n";
  }

  private String line(Row row, boolean times) {
    List<String> cells = new ArrayList<>();
    cells.add(row.label());
    for (String runtime : runtimes) {
      cells.add(number(results.value(row, runtime)));
      if (times) {
        cells.add(
            results
                .samples(row, runtime)
                .map(samples -> number(OptionalDouble.of(samples.p99Millis())))
                .orElse(MISSING));
      }
    }
    OptionalDouble first = results.value(row, runtimes.getFirst());
    for (String other : runtimes.subList(1, runtimes.size())) {
      cells.add(ratio(first, results.value(row, other)));
    }
    return "| " + String.join(" | ", cells) + " |\n";
  }

  private static String ratio(OptionalDouble first, OptionalDouble other) {
    return first.isPresent() && other.isPresent() && other.getAsDouble() > 0
        ? String.format(Locale.ROOT, "%.2f", first.getAsDouble() / other.getAsDouble())
        : MISSING;
  }

  /** Three digits at most after the leading zeros, as more would be noise. */
  static String number(OptionalDouble value) {
    if (value.isEmpty()) {
      return MISSING;
    }
    double number = value.getAsDouble();
    String format = number < 10 ? "%.2f" : number < 100 ? "%.1f" : "%.0f";
    return String.format(Locale.ROOT, format, number);
  }
}
