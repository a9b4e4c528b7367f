package io.jukung.cli.run;

import io.jukung.cli.command.CliException;
import java.util.ArrayList;
import java.util.List;

/**
 * One line of comma-separated values (RFC 4180), as docker reads {@code --mount}: a field in double
 * quotes may have commas, and two double quotes in it stand for one.
 */
final class CommaSeparated {
  private CommaSeparated() {}

  /**
   * Splits the line.
   *
   * @throws CliException with the exit code for wrong usage
   */
  static List<String> parse(String line) {
    List<String> fields = new ArrayList<>();
    int at = 0;
    while (at <= line.length()) {
      StringBuilder field = new StringBuilder();
      boolean quoted = at < line.length() && line.charAt(at) == '"';
      at = quoted ? readQuoted(line, at + 1, field) : readPlain(line, at, field);
      if (at < line.length() && line.charAt(at) != ',') {
        throw wrong(line);
      }
      fields.add(field.toString());
      at++;
    }
    return fields;
  }

  /** Reads to the next comma, and returns its place. */
  private static int readPlain(String line, int from, StringBuilder field) {
    int end = line.indexOf(',', from);
    int until = end < 0 ? line.length() : end;
    field.append(line, from, until);
    if (field.indexOf("\"") >= 0) {
      throw wrong(line);
    }
    return until;
  }

  /** Reads to the closing quote, and returns the place after it. */
  private static int readQuoted(String line, int from, StringBuilder field) {
    int at = from;
    while (at < line.length()) {
      char c = line.charAt(at);
      if (c != '"') {
        field.append(c);
        at++;
      } else if (line.startsWith("\"\"", at)) {
        field.append('"');
        at += 2;
      } else {
        return at + 1;
      }
    }
    throw wrong(line);
  }

  private static CliException wrong(String line) {
    return CliException.usage("quotes stand around whole fields: " + line);
  }
}
