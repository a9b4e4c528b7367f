package io.jukung.image.copy;

import io.jukung.cri.CriException;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A pattern for one name, as path/filepath of Go has them: a star stands for any characters, a
 * question mark for one, brackets for one of several, and a backslash takes the meaning from the
 * next character. Thread-safe.
 */
final class GlobPattern {
  private final Pattern regex;

  private GlobPattern(Pattern regex) {
    this.regex = regex;
  }

  /** Whether a name has characters that make it a pattern. */
  static boolean isPattern(String name) {
    return name.chars().anyMatch(c -> c == '*' || c == '?' || c == '[' || c == '\\');
  }

  /**
   * @throws CriException INVALID_ARGUMENT for a pattern that cannot be understood
   */
  static GlobPattern of(String pattern) {
    StringBuilder regex = new StringBuilder("(?s)");
    int star = -1;
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      switch (c) {
        case '*' -> {
          if (star >= 0) {
            // What stands between two stars is taken where it is first, and nowhere else after:
            // another place would match no more, and to try all of them would take for ever.
            regex.replace(star, regex.length(), "(?>.*?" + regex.substring(star + 2) + ")");
          }
          star = regex.length();
          regex.append(".*");
        }
        case '?' -> regex.append('.');
        case '\\' -> {
          if (++i == pattern.length()) {
            throw malformed(pattern);
          }
          regex.append(Pattern.quote(pattern.substring(i, i + 1)));
        }
        case '[' -> {
          int end = pattern.indexOf(']', i + 2);
          if (end < 0) {
            throw malformed(pattern);
          }
          String set = pattern.substring(i + 1, end).replace("[", "\\[").replace("&&", "&\\&");
          regex.append('[').append(set).append(']');
          i = end;
        }
        default -> regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    try {
      return new GlobPattern(Pattern.compile(regex.toString()));
    } catch (PatternSyntaxException e) {
      throw malformed(pattern);
    }
  }

  boolean matches(String name) {
    return regex.matcher(name).matches();
  }

  private static CriException malformed(String pattern) {
    return CriException.invalidArgument("the pattern \"" + pattern + "\" cannot be understood");
  }
}
