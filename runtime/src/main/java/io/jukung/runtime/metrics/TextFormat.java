package io.jukung.runtime.metrics;

import io.jukung.runtime.metrics.Family.Description;
import io.jukung.runtime.metrics.Family.Kind;
import java.util.List;
import java.util.Locale;

/** The two text formats in which Prometheus and its relatives read metrics. */
public enum TextFormat {
  /** Prometheus's own (prometheus.io, "Exposition formats"), which every reader understands. */
  PROMETHEUS("text/plain; version=0.0.4; charset=utf-8"),

  /** OpenMetrics 1.0 (openmetrics.io, and draft-richih-opsawg-openmetrics). */
  OPEN_METRICS("application/openmetrics-text; version=1.0.0; charset=utf-8");

  private final String contentType;

  TextFormat(String contentType) {
    this.contentType = contentType;
  }

  /** The value of the header Content-Type. */
  public String contentType() {
    return contentType;
  }

  /**
   * The format for a reader.
   *
   * @param accept the reader's header Accept; empty: none
   */
  public static TextFormat acceptedBy(String accept) {
    return accept.toLowerCase(Locale.ROOT).contains("application/openmetrics-text")
        ? OPEN_METRICS
        : PROMETHEUS;
  }

  /** The page with all these families. */
  public String page(List<Family> families) {
    StringBuilder page = new StringBuilder();
    for (Family family : families) {
      Description about = family.description();
      String named = this == OPEN_METRICS ? withoutTotal(about) : about.name();
      page.append("# HELP ").append(named).append(' ').append(help(about.help())).append('\n');
      page.append("# TYPE ").append(named).append(' ').append(about.kind().word()).append('\n');
      family.write((suffix, labels, value) -> line(page, about.name() + suffix, labels, value));
    }
    if (this == OPEN_METRICS) {
      page.append("# EOF\n");
    }
    return page.toString();
  }

  /** In OpenMetrics, the suffix is part of the series' name and not of the family's. */
  private static String withoutTotal(Description about) {
    return about.kind() == Kind.COUNTER
        ? about.name().substring(0, about.name().length() - "_total".length())
        : about.name();
  }

  private String help(String text) {
    String escaped = text.replace("\\", "\\\\").replace("\n", "\\n");
    return this == OPEN_METRICS ? escaped.replace("\"", "\\\"") : escaped;
  }

  private static void line(StringBuilder page, String name, Labels labels, double value) {
    page.append(name);
    if (!labels.text().isEmpty()) {
      page.append('{').append(labels.text()).append('}');
    }
    page.append(' ').append(number(value)).append('\n');
  }

  /** Whole numbers without a fraction; others as Java writes them, which Go reads. */
  static String number(double value) {
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
