package io.jukung.cli.text;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Rows of text under a heading, in columns as wide as their widest cell. Control characters in a
 * cell are escaped.
 *
 * <p>Picocli's {@code TextTable} would not do: it takes {@code @|…|@} in a cell for markup, so that
 * a pod could be listed under another name than its own.
 */
public final class Table {
  private static final int GAP = 3;

  private final List<List<String>> rows = new ArrayList<>();
  private final int columns;

  public Table(String... headings) {
    columns = headings.length;
    rows.add(List.of(headings));
  }

  public void row(String... cells) {
    if (cells.length != columns) {
      throw new IllegalArgumentException(cells.length + " cells for " + columns + " columns");
    }
    rows.add(Stream.of(cells).map(TerminalText::escape).toList());
  }

  public void print(PrintStream out) {
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      var line = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        line.append(row.get(i));
        if (i < columns - 1) {
          line.repeat(' ', widths[i] - row.get(i).length() + GAP);
        }
      }
      out.println(line.toString().stripTrailing());
    }
  }
}
