package io.jukung.image.dockerfile;

import io.jukung.cri.CriException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The lines of a Dockerfile: directives, comments and continued lines. Not thread-safe. */
final class DockerfileLines {
  private static final Pattern DIRECTIVE =
      Pattern.compile("#\\s*([a-zA-Z][a-zA-Z0-9]*)\\s*=\\s*(.+?)\\s*");
  private static final List<String> DIRECTIVES = List.of("syntax", "escape", "check");
  private static final char DEFAULT_ESCAPE = '\\';

  private final List<String> lines;
  private final Map<String, String> directives = new TreeMap<>();
  private final char escape;
  private final Pattern continued;
  private int next;

  DockerfileLines(String text) {
    String plain = text.startsWith("\uFEFF") ? text.substring(1) : text;
    this.lines = plain.lines().toList();
    readDirectives();
    String chosen = directives.getOrDefault("escape", String.valueOf(DEFAULT_ESCAPE));
    if (!chosen.equals("\\") && !chosen.equals("`")) {
      throw malformed(1, "escape is \\ or `, and not " + chosen);
    }
    this.escape = chosen.charAt(0);
    // An escape that is itself escaped continues nothing.
    this.continued = Pattern.compile("(|.*[^\\" + chosen + "])\\" + chosen + "[ \\t]*");
  }

  /** Directives stand before everything else; the first other line ends them. */
  private void readDirectives() {
    while (next < lines.size()) {
      Matcher match = DIRECTIVE.matcher(lines.get(next).strip());
      if (!match.matches()) {
        return;
      }
      String name = match.group(1).toLowerCase(Locale.ROOT);
      if (!DIRECTIVES.contains(name)) {
        return;
      }
      if (directives.put(name, match.group(2)) != null) {
        throw malformed(next + 1, "the directive " + name + " is given twice");
      }
      next++;
    }
  }

  Map<String, String> directives() {
    return directives;
  }

  char escape() {
    return escape;
  }

  /** The number of the line that was read last, from 1. */
  int line() {
    return next;
  }

  /** Goes to the next line that is neither empty nor a comment. */
  boolean skipToInstruction() {
    while (next < lines.size() && isBlankOrComment(lines.get(next))) {
      next++;
    }
    return next < lines.size();
  }

  private static boolean isBlankOrComment(String line) {
    String bare = line.strip();
    return bare.isEmpty() || bare.startsWith("#");
  }

  /**
   * Reads an instruction with the lines that continue it. Empty lines and comments among them are
   * left out.
   */
  String instruction() {
    StringBuilder whole = new StringBuilder();
    String line = lines.get(next++).stripLeading();
    while (true) {
      Matcher match = continued.matcher(line);
      if (!match.matches()) {
        return whole.append(line).toString();
      }
      whole.append(match.group(1));
      while (next < lines.size() && isBlankOrComment(lines.get(next))) {
        next++;
      }
      if (next == lines.size()) {
        return whole.toString();
      }
      line = lines.get(next++);
    }
  }

  /**
   * Reads the lines of a file that follows an instruction.
   *
   * @param tabs whether tabs at the start of lines are left out
   * @param from the number of the instruction's line, for messages
   */
  String heredoc(String end, boolean tabs, int from) {
    StringBuilder content = new StringBuilder();
    while (next < lines.size()) {
      String line = lines.get(next++);
      String shown = tabs ? line.replaceFirst("^\\t+", "") : line;
      if (shown.equals(end)) {
        return content.toString();
      }
      content.append(shown).append('\n');
    }
    throw malformed(from, "the file <<" + end + " has no end");
  }

  static CriException malformed(int line, String reason) {
    return CriException.invalidArgument("Dockerfile:%d: %s".formatted(line, reason));
  }
}
