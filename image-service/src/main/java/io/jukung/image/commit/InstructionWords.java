package io.jukung.image.commit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.cri.CriException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The text behind the name of a Dockerfile's instruction: a JSON list of strings, or words as a
 * shell would split them, with quotes, backslashes and variables.
 */
final class InstructionWords {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final String text;
  private final Map<String, String> variables;
  private int at;

  private InstructionWords(String text, Map<String, String> variables) {
    this.text = text;
    this.variables = variables;
  }

  /** The strings of a JSON list; empty if the text is none, which is no error. */
  static Optional<List<String>> json(String text) {
    if (!text.startsWith("[")) {
      return Optional.empty();
    }
    try {
      JsonNode list = JSON.readTree(text);
      List<String> words = new ArrayList<>();
      for (JsonNode word : list) {
        if (!word.isTextual()) {
          return Optional.empty();
        }
        words.add(word.textValue());
      }
      return Optional.of(words);
    } catch (IOException e) {
      return Optional.empty(); // as in a Dockerfile, it is a command for a shell then
    }
  }

  /**
   * Splits the text at spaces outside quotes, and removes the quotes.
   *
   * @param variables replace {@code $NAME} and {@code ${NAME}}, except between single quotes
   * @throws CriException INVALID_ARGUMENT for a quote or brace that is not closed
   */
  static List<String> split(String text, Map<String, String> variables) {
    InstructionWords words = new InstructionWords(text, variables);
    List<String> all = new ArrayList<>();
    while (words.skipSpaces()) {
      all.add(words.word());
    }
    return all;
  }

  /** The text as one word: spaces stay. */
  static String whole(String text, Map<String, String> variables) {
    InstructionWords words = new InstructionWords(text, variables);
    StringBuilder all = new StringBuilder();
    while (words.at < text.length()) {
      words.part(all);
    }
    return all.toString();
  }

  private boolean skipSpaces() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return at < text.length();
  }

  private String word() {
    StringBuilder word = new StringBuilder();
    while (at < text.length() && !Character.isWhitespace(text.charAt(at))) {
      part(word);
    }
    return word.toString();
  }

  /** Reads a quoted part, a variable, or one character. */
  private void part(StringBuilder word) {
    char c = text.charAt(at);
    switch (c) {
      case '\'' -> singleQuoted(word);
      case '"' -> doubleQuoted(word);
      case '$' -> variable(word);
      case '\\' -> {
        at++;
        word.append(at < text.length() ? text.charAt(at++) : '\\');
      }
      default -> {
        word.append(c);
        at++;
      }
    }
  }

  private void singleQuoted(StringBuilder word) {
    int end = text.indexOf('\'', at + 1);
    if (end < 0) {
      throw malformed("a single quote is not closed");
    }
    word.append(text, at + 1, end);
    at = end + 1;
  }

  private void doubleQuoted(StringBuilder word) {
    at++;
    while (at < text.length() && text.charAt(at) != '"') {
      if (text.charAt(at) == '$') {
        variable(word);
      } else if (text.charAt(at) == '\\'
          && at + 1 < text.length()
          && "\"$\\".indexOf(text.charAt(at + 1)) >= 0) {
        word.append(text.charAt(at + 1));
        at += 2;
      } else {
        word.append(text.charAt(at++));
      }
    }
    if (at == text.length()) {
      throw malformed("a double quote is not closed");
    }
    at++;
  }

  private void variable(StringBuilder word) {
    at++;
    boolean braces = at < text.length() && text.charAt(at) == '{';
    int start = braces ? at + 1 : at;
    int end = start;
    while (end < text.length() && isNameCharacter(text.charAt(end), end == start)) {
      end++;
    }
    String name = text.substring(start, end);
    if (!braces) {
      word.append(name.isEmpty() ? "$" : variables.getOrDefault(name, ""));
      at = end;
      return;
    }
    int close = text.indexOf('}', end);
    if (close < 0 || name.isEmpty()) {
      throw malformed("${ is not followed by a name and }");
    }
    word.append(withDefault(name, text.substring(end, close)));
    at = close + 1;
  }

  /** {@code ${NAME:-word}}, and {@code ${NAME:+word}}. */
  private String withDefault(String name, String modifier) {
    String value = variables.getOrDefault(name, "");
    if (modifier.isEmpty()) {
      return value;
    }
    if (modifier.startsWith(":-")) {
      return value.isEmpty() ? modifier.substring(2) : value;
    }
    if (modifier.startsWith(":+")) {
      return value.isEmpty() ? "" : modifier.substring(2);
    }
    throw malformed("${" + name + modifier + "} is not supported");
  }

  private static boolean isNameCharacter(char c, boolean first) {
    return c == '_'
        || (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (!first && c >= '0' && c <= '9');
  }

  private CriException malformed(String reason) {
    return CriException.invalidArgument("\"%s\": %s".formatted(text, reason));
  }
}
