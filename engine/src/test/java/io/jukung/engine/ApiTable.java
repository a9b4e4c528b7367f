package io.jukung.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The file api-1.51.tsv: every name in the description of the Docker Engine API (moby's
 * api/swagger.yaml), and what the engine makes of it. The routes of swarms and of plugins are
 * listed without their parameters and fields, which nothing reads.
 */
final class ApiTable {
  private static final String FILE = "api-1.51.tsv";

  private ApiTable() {}

  /**
   * One line.
   *
   * @param kind route, query, header, body or answer
   * @param route method and path
   * @param name of the parameter, or of the field with those above it: {@code []} stands for an
   *     element of a list, and {@code *} for a key that the user chooses
   * @param type in JSON
   * @param outcome served or refused of a route; used, partly (some values are refused), refused or
   *     ignored of what is asked; present or absent of a field of an answer
   * @param note why
   * @param example a value that is used, or one that is refused
   * @param beside what the request needs besides: JSON of a body, or parameters
   */
  record Row(
      String kind,
      String route,
      String name,
      String type,
      String outcome,
      String note,
      String example,
      String beside) {
    String method() {
      return route.substring(0, route.indexOf(' '));
    }

    String path() {
      return route.substring(route.indexOf(' ') + 1);
    }

    /** The name of the field itself. */
    String lastName() {
      return name.substring(name.lastIndexOf('.') + 1).replace("[]", "");
    }

    boolean is(String word) {
      return outcome.equals(word);
    }

    @Override
    public String toString() {
      return kind + " " + route + " " + name + " (" + outcome + ")";
    }

    private static Row of(String line) {
      String[] cells = line.split("\t", -1);
      return new Row(
          cell(cells, 0),
          cell(cells, 1),
          cell(cells, 2),
          cell(cells, 3),
          cell(cells, 4),
          cell(cells, 5),
          cell(cells, 6),
          cell(cells, 7));
    }

    private static String cell(String[] cells, int index) {
      return index < cells.length ? cells[index] : "";
    }
  }

  static List<Row> all() throws IOException {
    try (@Nullable InputStream file = ApiTable.class.getResourceAsStream(FILE)) {
      return new String(Objects.requireNonNull(file, FILE).readAllBytes(), UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(Row::of)
          .toList();
    }
  }

  static List<Row> of(String kind) throws IOException {
    return all().stream().filter(each -> each.kind().equals(kind)).toList();
  }
}
