package io.jukung.image.dockerfile;

import java.util.Map;

/** Replaces variables in a file that stands in a Dockerfile, where quotes are plain text. */
public final class HeredocText {
  private HeredocText() {}

  /**
   * The content of the file.
   *
   * @param variables replace {@code $NAME} and {@code ${NAME}} if the mark of the file was not
   *     quoted
   */
  public static String of(Heredoc file, Map<String, String> variables, char escape) {
    return file.expands() ? expanded(file.content(), variables, escape) : file.content();
  }

  private static String expanded(String text, Map<String, String> variables, char escape) {
    StringBuilder result = new StringBuilder();
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == escape && at + 1 < text.length() && isEscapable(text.charAt(at + 1), escape)) {
        result.append(text.charAt(at + 1));
        at += 2;
      } else if (c == '$') {
        int end = endOfVariable(text, at);
        result.append(InstructionWords.whole(text.substring(at, end), variables, escape));
        at = end;
      } else {
        result.append(c);
        at++;
      }
    }
    return result.toString();
  }

  private static boolean isEscapable(char c, char escape) {
    return c == '$' || c == escape;
  }

  /** Where a variable ends; a dollar without a name is one character. */
  private static int endOfVariable(String text, int dollar) {
    int at = dollar + 1;
    if (at < text.length() && text.charAt(at) == '{') {
      int depth = 1;
      for (at++; at < text.length() && depth > 0; at++) {
        depth += text.charAt(at) == '{' ? 1 : text.charAt(at) == '}' ? -1 : 0;
      }
      return at;
    }
    while (at < text.length()
        && (text.charAt(at) == '_' || Character.isLetterOrDigit(text.charAt(at)))
        && text.charAt(at) < 128) {
      at++;
    }
    return at;
  }
}
