package io.jukung.e2e.bench;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * Draws results as an SVG bar chart. In each row the worst runtime has the full length and shorter
 * is better, so a rate is drawn as the time of one. Behind the bar of each runtime but the first
 * stands how many times as much that runtime takes. The chart has a background of its own, and
 * colors for light and for dark pages.
 */
final class RatioChart {
  private static final List<Row> ROWS =
      List.of(
          Row.POD_START_HOST,
          Row.POD_REMOVAL_HOST,
          Row.POD_START_CNI,
          Row.POD_PROCESSOR_HOST,
          Row.BURST_LIVES_HOST,
          Row.CONTAINER_START,
          Row.EXEC,
          Row.LIST_PODS,
          Row.CONTAINER_STATS,
          Row.POD_MEMORY,
          Row.RESTED_DAEMON,
          Row.DAEMON_START);

  private static final int WIDTH = 800;
  private static final int MARGIN = 20;
  private static final int BARS_LEFT = 330;
  private static final int LONGEST_BAR = 320;
  private static final int BAR_HEIGHT = 12;
  private static final int ROW_GAP = 14;
  private static final int HEAD_HEIGHT = 62;
  private static final int LEGEND_CHARACTER_WIDTH = 8;

  private static final Palette LIGHT =
      new Palette("#ffffff", "#1f2328", List.of("#0b62a8", "#6e7781", "#9a6700", "#8250df"));
  private static final Palette DARK =
      new Palette("#0d1117", "#e6edf3", List.of("#58a6ff", "#8b949e", "#d29922", "#bc8cff"));

  private final Results results;
  private final List<String> runtimes;

  RatioChart(Results results) {
    this.results = results;
    this.runtimes = results.runtimes();
  }

  /** Colors of one scheme: bars of a fifth runtime have the color of the first again. */
  private record Palette(String background, String text, List<String> bars) {
    String style() {
      StringBuilder style =
          new StringBuilder(".page{fill:%s}text{fill:%s}".formatted(background, text));
      for (int i = 0; i < bars.size(); i++) {
        style.append(".bar%d{fill:%s}".formatted(i, bars.get(i)));
      }
      return style.toString();
    }
  }

  String svg() {
    List<Row> rows = ROWS.stream().filter(this::hasSeveralValues).toList();
    int rowHeight = runtimes.size() * BAR_HEIGHT + ROW_GAP;
    int height = HEAD_HEIGHT + rows.size() * rowHeight + MARGIN / 2;
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" font-family="sans-serif" font-size="12">
        <title>%s</title>
        <style>%s@media(prefers-color-scheme:dark){%s}</style>
        <rect class="page" width="%d" height="%d" rx="6"/>
        """
            .formatted(
                WIDTH, height, WIDTH, height, title(), LIGHT.style(), DARK.style(), WIDTH, height));
    svg.append(text(MARGIN, 24, "start", title() + ": a shorter bar is better in every row"));
    svg.append(legend());
    int top = HEAD_HEIGHT;
    for (Row row : rows) {
      svg.append(bars(row, top));
      top += rowHeight;
    }
    return svg.append("</svg>\n").toString();
  }

  private String title() {
    return escape(String.join(", ", runtimes));
  }

  private boolean hasSeveralValues(Row row) {
    return runtimes.stream().filter(runtime -> length(row, runtime).isPresent()).count() > 1;
  }

  private String legend() {
    StringBuilder legend = new StringBuilder();
    int left = MARGIN;
    for (int i = 0; i < runtimes.size(); i++) {
      legend.append(rectangle(i, left, 36, BAR_HEIGHT));
      legend.append(text(left + BAR_HEIGHT + 6, 46, "start", escape(runtimes.get(i))));
      left += 40 + runtimes.get(i).length() * LEGEND_CHARACTER_WIDTH;
    }
    return legend.toString();
  }

  private String bars(Row row, int top) {
    StringBuilder bars = new StringBuilder();
    int middle = top + runtimes.size() * BAR_HEIGHT / 2 + 4;
    bars.append(text(BARS_LEFT - 10, middle, "end", escape(row.label())));
    double longest =
        runtimes.stream()
            .map(runtime -> length(row, runtime))
            .filter(OptionalDouble::isPresent)
            .mapToDouble(OptionalDouble::getAsDouble)
            .max()
            .orElseThrow();
    for (int i = 0; i < runtimes.size(); i++) {
      OptionalDouble length = length(row, runtimes.get(i));
      int y = top + i * BAR_HEIGHT;
      double width = 0;
      if (length.isPresent()) {
        width = Math.max(1, LONGEST_BAR * length.getAsDouble() / longest);
        bars.append(rectangle(i, BARS_LEFT, y, width));
      }
      bars.append(text(BARS_LEFT + width + 6, y + 10, "start", value(row, i)));
    }
    return bars.toString();
  }

  /** What the bar shows: of rates the time of one, so that shorter is better in every row. */
  private OptionalDouble length(Row row, String runtime) {
    OptionalDouble value = results.value(row, runtime);
    if (value.isEmpty() || value.getAsDouble() <= 0) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(row.table().advantage(1, value.getAsDouble()));
  }

  private String value(Row row, int index) {
    OptionalDouble value = results.value(row, runtimes.get(index));
    if (value.isEmpty()) {
      return "not measured";
    }
    String text = MarkdownReport.number(value) + " " + row.table().unit();
    OptionalDouble first = results.value(row, runtimes.getFirst());
    if (index == 0 || first.isEmpty() || first.getAsDouble() <= 0 || value.getAsDouble() <= 0) {
      return text;
    }
    double times = row.table().advantage(first.getAsDouble(), value.getAsDouble());
    return text + String.format(Locale.ROOT, times < 1 ? " (%.2f×)" : " (%.1f×)", times);
  }

  private static String rectangle(int color, double x, int y, double width) {
    return String.format(
        Locale.ROOT,
        "<rect class=\"bar%d\" x=\"%.0f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>\n",
        color % LIGHT.bars().size(),
        x,
        y,
        width,
        BAR_HEIGHT - 2);
  }

  private static String text(double x, int y, String anchor, String escaped) {
    return String.format(
        Locale.ROOT,
        "<text x=\"%.0f\" y=\"%d\" text-anchor=\"%s\">%s</text>\n",
        x,
        y,
        anchor,
        escaped);
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
