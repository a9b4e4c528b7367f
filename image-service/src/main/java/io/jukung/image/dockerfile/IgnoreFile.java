package io.jukung.image.dockerfile;

import io.jukung.cri.CriException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The files that a .dockerignore leaves out of the context: of the patterns that match a path or a
 * directory above it, the last one decides, and {@code !} takes a path in again. Thread-safe.
 */
public final class IgnoreFile {
  private static final int MAX_PATTERNS = 100_000;
  private static final String ANY_IN_NAME = "[^/]*";

  private final List<Rule> rules;

  private record Rule(Pattern pattern, boolean takesIn) {
    boolean matches(String path) {
      return pattern.matcher(path).matches();
    }
  }

  private IgnoreFile(List<Rule> rules) {
    this.rules = rules;
  }

  /**
   * Parses the file's text. Lines that begin with {@code #} are comments.
   *
   * @throws CriException INVALID_ARGUMENT for a pattern that cannot be understood, with its line
   */
  public static IgnoreFile parse(String text) {
    List<Rule> rules = new ArrayList<>();
    String plain = text.startsWith("\uFEFF") ? text.substring(1) : text;
    int number = 0;
    for (String line : plain.lines().toList()) {
      number++;
      String pattern = line.strip();
      if (line.startsWith("#") || pattern.isEmpty()) {
        continue;
      }
      boolean takesIn = pattern.startsWith("!");
      String path = cleaned(takesIn ? pattern.substring(1).strip() : pattern);
      if (takesIn && path.isEmpty()) {
        throw malformed(number, "! is not followed by a pattern");
      }
      if (path.isEmpty()) {
        continue; // the context itself is never left out
      }
      if (rules.size() == MAX_PATTERNS) {
        throw malformed(number, "there are more than " + MAX_PATTERNS + " patterns");
      }
      rules.add(new Rule(compiled(path, number), takesIn));
    }
    return new IgnoreFile(List.copyOf(rules));
  }

  /** Without {@code .}, {@code ..} and empty names, as the path would be below the context. */
  private static String cleaned(String pattern) {
    List<String> names = new ArrayList<>();
    for (String name : pattern.split("/", -1)) {
      if (name.equals("..")) {
        if (!names.isEmpty()) {
          names.removeLast();
        }
      } else if (!name.isEmpty() && !name.equals(".")) {
        names.add(name);
      }
    }
    return String.join("/", names);
  }

  private static Pattern compiled(String pattern, int line) {
    StringBuilder regex = new StringBuilder("(?s)");
    int star = -1; // where the last star of this name is in the expression
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      switch (c) {
        case '*' -> {
          if (pattern.startsWith("**", i)) {
            star = -1;
          }
          if (pattern.startsWith("**/", i)) {
            regex.append("(?:.*/)?");
            i += 2;
          } else if (pattern.startsWith("**", i)) {
            regex.append(".*");
            i += 1;
          } else {
            if (star >= 0) {
              // What stands between two stars is taken where it is first, and nowhere else after:
              // another place would match no more, and to try all of them would take for ever.
              int between = star + ANY_IN_NAME.length();
              regex.replace(star, regex.length(), "(?>[^/]*?" + regex.substring(between) + ")");
            }
            star = regex.length();
            regex.append(ANY_IN_NAME);
          }
        }
        case '?' -> regex.append("[^/]");
        case '[' -> {
          int end = pattern.indexOf(']', i + 1);
          if (end < 0) {
            throw malformed(line, "[ is not closed by ]");
          }
          star = -1; // a set may match a slash
          String set = pattern.substring(i + 1, end).replace("\\", "\\\\").replace("[", "\\[");
          regex.append('[').append(set.replace("&&", "&\\&")).append(']');
          i = end;
        }
        case '\\' -> {
          i++;
          if (i == pattern.length()) {
            throw malformed(line, "\\ is followed by nothing");
          }
          star = pattern.charAt(i) == '/' ? -1 : star;
          regex.append(Pattern.quote(pattern.substring(i, i + 1)));
        }
        default -> {
          star = c == '/' ? -1 : star;
          regex.append(Pattern.quote(String.valueOf(c)));
        }
      }
    }
    try {
      return Pattern.compile(regex.toString());
    } catch (PatternSyntaxException e) {
      throw malformed(line, "the set of characters in " + pattern + " cannot be understood");
    }
  }

  /**
   * Whether the path is left out.
   *
   * @param path relative to the context, with slashes between its names
   */
  public boolean excludes(String path) {
    boolean excluded = false;
    for (Rule rule : rules) {
      if (rule.takesIn != excluded) {
        continue; // the rule would change nothing
      }
      if (matchesPathOrParent(rule, path)) {
        excluded = !rule.takesIn;
      }
    }
    return excluded;
  }

  private static boolean matchesPathOrParent(Rule rule, String path) {
    for (int slash = path.length(); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      if (rule.matches(path.substring(0, slash))) {
        return true;
      }
    }
    return false;
  }

  private static CriException malformed(int line, String reason) {
    return CriException.invalidArgument(".dockerignore:%d: %s".formatted(line, reason));
  }
}
