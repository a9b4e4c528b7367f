package io.jukung.image.dockerfile;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Patterns in the expansion of variables, as in {@code ${NAME%.tar*}}: a star stands for any
 * characters, a question mark for one, and a backslash takes the meaning from what follows.
 */
final class VariablePattern {
  private VariablePattern() {}

  /** The value without the shortest or longest beginning that matches. */
  static String withoutPrefix(String value, boolean longest, String pattern) {
    Matcher match = regex(pattern, longest).matcher(value);
    return match.lookingAt() ? value.substring(match.end()) : value;
  }

  /** The value without the shortest or longest end that matches. */
  static String withoutSuffix(String value, boolean longest, String pattern) {
    Pattern whole = regex(pattern, true);
    for (int i = 0; i <= value.length(); i++) {
      int start = longest ? i : value.length() - i;
      if (whole.matcher(value.substring(start)).matches()) {
        return value.substring(0, start);
      }
    }
    return value;
  }

  /** The value with the first part that matches replaced, or with all of them. */
  static String replaced(String value, boolean all, String pattern, String replacement) {
    Matcher match = regex(pattern, true).matcher(value);
    String literal = Matcher.quoteReplacement(replacement);
    return all ? match.replaceAll(literal) : match.replaceFirst(literal);
  }

  private static Pattern regex(String pattern, boolean greedy) {
    StringBuilder regex = new StringBuilder("(?s)");
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      switch (c) {
        case '*' -> regex.append(greedy ? ".*" : ".*?");
        case '?' -> regex.append('.');
        case '\\' -> {
          i++;
          regex.append(Pattern.quote(i < pattern.length() ? pattern.substring(i, i + 1) : "\\"));
        }
        default -> regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return Pattern.compile(regex.toString());
  }
}
