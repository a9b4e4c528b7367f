package io.jukung.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.engine.ApiTable.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * docs/docker-api.md is {@link ApiTable} for readers. The system property {@code
 * api-document=write} writes the page anew.
 */
class ApiDocumentTest {
  private static final Path PAGE = Path.of("../docs/docker-api.md");

  private static final String INTRODUCTION =
      """
      # Docker's API, name by name

      The test `ApiDocumentTest` makes this page of the table `api-1.51.tsv` in the engine's tests. The table has each route,
      parameter and field that the description of the Docker Engine API 1.51 has (`api/swagger.yaml` of moby). Two tests walk
      the table: `ApiWalkTest` sends each parameter and each field of a request to the engine, and looks at what the daemon is
      told, and `DockerApiIT` looks for each field of an answer in what a real node answers. [docker.md](docker.md) says what
      clients do with it.

      - **used**: carried out, or handed to the daemon.
      - **partly**: the values in brackets are carried out, and others are answered with status 501.
      - **refused**: a request that sets it is answered with status 501, and an error that names it.
      - **ignored**: changes nothing, for the reason in brackets.

      A field that the API does not have is answered with status 501, too. Fields that are printed without the object in
      front of them are those of the object that is named first.
      """;

  @Test
  void pageSaysWhatTheTableSays() throws IOException {
    String page = page();
    if (System.getProperty("api-document", "").equals("write")) {
      Files.writeString(PAGE, page);
    }
    assertThat(PAGE).as("written anew by -Dapi-document=write").hasContent(page);
  }

  @Test
  void everythingThatIsIgnoredOrAbsentHasAReason() throws IOException {
    assertThat(ApiTable.all())
        .hasSizeGreaterThan(1500)
        .filteredOn(row -> row.is("ignored") || row.is("absent") || row.is("partly"))
        .allMatch(row -> !row.note().isEmpty());
  }

  private static String page() throws IOException {
    StringBuilder page = new StringBuilder(INTRODUCTION);
    page.append("\n## Routes\n\n| Route | Answer |\n|---|---|\n");
    for (Map.Entry<String, List<String>> each : routes().entrySet()) {
      page.append("| ").append(String.join(", ", each.getValue())).append(" | ");
      page.append(each.getKey()).append(" |\n");
    }
    page.append("\n## Requests\n");
    for (Map.Entry<String, List<Row>> each : byRoute(List.of("query", "header", "body"))) {
      page.append("\n`").append(each.getKey()).append("`\n\n");
      for (String outcome : List.of("used", "partly", "refused", "ignored")) {
        line(page, outcome, each.getValue());
      }
    }
    page.append("\n## Answers\n\nEach field is there whose name is not in this list.\n");
    for (Map.Entry<String, List<Row>> each : byRoute(List.of("answer"))) {
      List<Row> rows = each.getValue().stream().filter(ApiDocumentTest::isRemarkable).toList();
      if (!rows.isEmpty()) {
        page.append("\n`").append(each.getKey()).append("`\n\n");
        line(page, "absent", rows);
        line(page, "present", rows);
      }
    }
    return page.toString();
  }

  private static boolean isRemarkable(Row row) {
    return row.is("absent") || !row.note().isEmpty();
  }

  /** The routes by what is answered, those that work first. */
  private static Map<String, List<String>> routes() throws IOException {
    Map<String, List<String>> routes = new LinkedHashMap<>();
    for (Row each : ApiTable.of("route")) {
      String answer = each.is("served") ? "works" : each.note();
      routes.computeIfAbsent(answer, _ -> new ArrayList<>()).add("`" + each.route() + "`");
    }
    return routes;
  }

  private static List<Map.Entry<String, List<Row>>> byRoute(List<String> kinds) throws IOException {
    Map<String, List<Row>> rows = new LinkedHashMap<>();
    for (Row each : ApiTable.all()) {
      if (kinds.contains(each.kind())) {
        rows.computeIfAbsent(each.route(), _ -> new ArrayList<>()).add(each);
      }
    }
    return List.copyOf(rows.entrySet());
  }

  /** A line of all names with one outcome, those with one reason together. */
  private static void line(StringBuilder page, String outcome, List<Row> rows) {
    Map<String, List<String>> byNote = new LinkedHashMap<>();
    for (Row each : rows) {
      if (each.is(outcome)) {
        byNote.computeIfAbsent(note(each), _ -> new ArrayList<>()).add(each.name());
      }
    }
    if (byNote.isEmpty()) {
      return;
    }
    List<String> parts = new ArrayList<>();
    byNote.forEach((note, names) -> parts.add(shortened(names) + note));
    page.append("- ").append(outcome).append(": ").append(String.join("; ", parts)).append('\n');
  }

  private static String note(Row row) {
    return row.note().isEmpty() || row.is("used") ? "" : " (" + row.note() + ")";
  }

  /** The names; of a field that is in the same object as the one before only the last part. */
  private static String shortened(List<String> names) {
    List<String> parts = new ArrayList<>();
    String object = "";
    for (String each : names) {
      int dot = each.lastIndexOf('.') + 1;
      String inside = each.substring(0, dot);
      parts.add("`" + (inside.equals(object) ? each.substring(dot) : each) + "`");
      object = inside;
    }
    return String.join(", ", parts);
  }
}
