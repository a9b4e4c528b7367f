package io.jukung.cli.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.jukung.cli.template.Shape;
import io.jukung.cli.text.Table;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Prints the rows of a list as the option {@code --format} says: {@code json}, a Go template, or
 * {@code table} and a Go template whose tabs part the columns.
 */
public final class RowPrinter {
  private static final String TABLE = "table ";

  /** A dot without a name, a variable, or a function: then any field may be used. */
  private static final Pattern ANY_FIELD = Pattern.compile("\\.(?![A-Za-z])|\\$");

  private final String format;
  private final boolean table;
  private final OutputTemplate template;
  private final Map<String, String> headings;

  private RowPrinter(
      String format, boolean table, OutputTemplate template, Map<String, String> headings) {
    this.format = format;
    this.table = table;
    this.template = template;
    this.headings = headings;
  }

  /**
   * Reads the value of the option.
   *
   * @param headings the headings of the fields in tables, by the names of the fields
   * @throws CliException with the exit code for wrong usage
   */
  public static RowPrinter of(String format, Map<String, String> headings) {
    boolean table = format.startsWith(TABLE);
    String text = table ? format.substring(TABLE.length()).strip() : format;
    return new RowPrinter(text, table, OutputTemplate.of(text), headings);
  }

  /** Returns the names of the fields that are printed; the others need not be found out. */
  public Set<String> fields() {
    if (format.equals("json") || ANY_FIELD.matcher(format).find()) {
      return headings.keySet();
    }
    Set<String> fields = new TreeSet<>();
    for (String name : headings.keySet()) {
      if (Pattern.compile("\\." + name + "(?![A-Za-z0-9_])").matcher(format).find()) {
        fields.add(name);
      }
    }
    return fields;
  }

  private String line(Row row) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    new TreeMap<>(row.values()).forEach(json::put);
    Shape shape =
        new Shape(
            Set.copyOf(headings.keySet()),
            Set.of(),
            Map.of("Label", name -> TextNode.valueOf(row.labels().getOrDefault(name, ""))));
    return template.line(json, shape);
  }

  /** Prints the rows. */
  public void print(List<Row> rows, PrintStream out) {
    List<String> lines = new ArrayList<>();
    if (table) {
      lines.add(line(new Row(headings, Map.of())));
    }
    rows.forEach(each -> lines.add(line(each)));
    if (!table) {
      lines.forEach(out::println);
      return;
    }
    int columns = lines.stream().mapToInt(each -> each.split("\t", -1).length).max().orElse(1);
    Table aligned = new Table(padded(lines.getFirst(), columns));
    lines.stream().skip(1).forEach(each -> aligned.row(padded(each, columns)));
    aligned.print(out);
  }

  private static String[] padded(String line, int columns) {
    List<String> cells = new ArrayList<>(List.of(line.split("\t", -1)));
    while (cells.size() < columns) {
      cells.add("");
    }
    return cells.toArray(String[]::new);
  }
}
