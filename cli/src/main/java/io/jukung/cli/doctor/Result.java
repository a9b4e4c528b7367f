package io.jukung.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.jukung.cli.text.TerminalText;
import io.jukung.client.v1.Diagnosis;
import java.util.Locale;

/**
 * The result of one check.
 *
 * @param advice empty if all is well
 */
record Result(String check, Level level, String finding, String advice) {
  enum Level {
    OK,
    WARNING,
    PROBLEM;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Result ok(String check, String finding) {
    return new Result(check, Level.OK, finding, "");
  }

  static Result problem(String check, String finding, String advice) {
    return new Result(check, Level.PROBLEM, finding, advice);
  }

  static Result of(Diagnosis diagnosis) {
    Level level =
        switch (diagnosis.getLevel()) {
          case OK -> Level.OK;
          case WARNING, UNRECOGNIZED -> Level.WARNING;
          case PROBLEM -> Level.PROBLEM;
        };
    return new Result(diagnosis.getCheck(), level, diagnosis.getFinding(), diagnosis.getAdvice());
  }

  /** Reads a line of {@code jukung serve --check=json}. */
  static Result of(JsonNode line) {
    return new Result(
        line.path("check").asText(),
        Level.valueOf(line.path("level").asText().toUpperCase(Locale.ROOT)),
        line.path("finding").asText(),
        line.path("advice").asText());
  }

  JsonNode json() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("check", check)
        .put("level", level.toString())
        .put("finding", finding)
        .put("advice", advice);
  }

  /** One line, and the advice on the next one. */
  @Override
  public String toString() {
    String line = "%-8s %s: %s".formatted(level, check, TerminalText.escape(finding));
    return advice.isEmpty() ? line : line + "\n         " + TerminalText.escape(advice);
  }
}
