package io.jukung.cli.text;

/**
 * Makes text that others chose, such as the name of a pod, safe to print on a terminal: an escape
 * sequence could change the terminal, and bidirectional controls could show text in another order.
 */
public final class TerminalText {
  private TerminalText() {}

  /**
   * The text with every control and format character written as a backslash, u and its hex digits.
   */
  public static String escape(String text) {
    if (text.codePoints().noneMatch(TerminalText::isUnsafe)) {
      return text;
    }
    StringBuilder result = new StringBuilder();
    text.codePoints()
        .forEach(
            codePoint -> {
              if (isUnsafe(codePoint)) {
                result.append("\\u%04x".formatted(codePoint));
              } else {
                result.appendCodePoint(codePoint);
              }
            });
    return result.toString();
  }

  private static boolean isUnsafe(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      default -> false;
    };
  }
}
