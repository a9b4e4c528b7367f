package io.jukung.image.dockerfile;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.cri.CriException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The text behind the name of a Dockerfile's instruction: a JSON list of strings, or words as a
 * shell would split them, with quotes, escapes and variables. Not thread-safe.
 */
public final class InstructionWords {
  /** The escape character of a Dockerfile that names no other. */
  public static final char BACKSLASH = '\\';

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private final String text;
  private final Map<String, String> variables;
  private final char escape;
  private int at;

  private InstructionWords(String text, Map<String, String> variables, char escape) {
    this.text = text;
    this.variables = variables;
    this.escape = escape;
  }

  /**
   * The strings of a JSON list; empty if the text is none, which is no error: then it is a command
   * for a shell.
   *
   * @throws CriException INVALID_ARGUMENT for a list of other values
   */
  public static Optional<List<String>> json(String text) {
    if (!text.startsWith("[")) {
      return Optional.empty();
    }
    JsonNode list;
    try {
      list = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
    List<String> words = new ArrayList<>();
    for (JsonNode word : list) {
      if (!word.isTextual()) {
        throw CriException.invalidArgument(
            "the JSON list " + text + " has a value that is not a string");
      }
      words.add(word.textValue());
    }
    return Optional.of(words);
  }

  /**
   * Splits the text at spaces outside quotes, replaces variables, and removes quotes and escapes.
   *
   * @param variables replace {@code $NAME} and {@code ${NAME}}, except between single quotes; those
   *     that are missing are empty
   * @throws CriException INVALID_ARGUMENT for a quote or brace that is not closed
   */
  public static List<String> split(String text, Map<String, String> variables, char escape) {
    InstructionWords words = new InstructionWords(text, variables, escape);
    List<String> all = new ArrayList<>();
    while (words.skipSpaces()) {
      all.add(words.word());
    }
    return all;
  }

  /** The text as one word: spaces stay. */
  public static String whole(String text, Map<String, String> variables, char escape) {
    InstructionWords words = new InstructionWords(text, variables, escape);
    StringBuilder all = new StringBuilder();
    while (words.at < text.length()) {
      words.part(all);
    }
    return all.toString();
  }

  /** The words as they are written: only where they end is looked at. */
  static List<String> rawWords(String text, char escape) {
    List<String> all = new ArrayList<>();
    String rest = text.strip();
    while (!rest.isEmpty()) {
      int end = endOfWord(rest, escape);
      all.add(rest.substring(0, end));
      rest = rest.substring(end).strip();
    }
    return all;
  }

  /** Where the first word ends. A quote that is not closed reaches to the end of the text. */
  static int endOfWord(String text, char escape) {
    char quote = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == escape && quote != '\'') {
        i++;
      } else if (quote != 0) {
        quote = c == quote ? 0 : quote;
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (Character.isWhitespace(c)) {
        return i;
      }
    }
    return text.length();
  }

  /** The text without its quotes and escapes; variables stay as they are written. */
  static String unquoted(String text, char escape) {
    StringBuilder plain = new StringBuilder();
    char quote = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == escape && quote != '\'' && i + 1 < text.length()) {
        plain.append(text.charAt(++i));
      } else if (c == quote) {
        quote = 0;
      } else if (quote == 0 && (c == '\'' || c == '"')) {
        quote = c;
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
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
    if (c == '\'') {
      singleQuoted(word);
    } else if (c == '"') {
      doubleQuoted(word);
    } else if (c == '$') {
      word.append(variable());
    } else if (c == escape) {
      at++;
      word.append(at < text.length() ? text.charAt(at++) : escape);
    } else {
      word.append(c);
      at++;
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
      char c = text.charAt(at);
      if (c == '$') {
        word.append(variable());
      } else if (c == escape && at + 1 < text.length() && isEscapable(text.charAt(at + 1))) {
        word.append(text.charAt(at + 1));
        at += 2;
      } else {
        word.append(c);
        at++;
      }
    }
    if (at == text.length()) {
      throw malformed("a double quote is not closed");
    }
    at++;
  }

  private boolean isEscapable(char c) {
    return c == '"' || c == '$' || c == escape;
  }

  // ── variables ──────────────────────────────────────────────────────────────────────────────

  private String variable() {
    at++;
    boolean braces = at < text.length() && text.charAt(at) == '{';
    if (braces) {
      at++;
    }
    String name = name();
    if (!braces) {
      return name.isEmpty() ? "$" : variables.getOrDefault(name, "");
    }
    if (name.isEmpty()) {
      throw malformed("${ is not followed by a name");
    }
    int close = closingBrace();
    String modifier = text.substring(at, close);
    at = close + 1;
    return modifier.isEmpty() ? variables.getOrDefault(name, "") : modified(name, modifier);
  }

  private String name() {
    int start = at;
    while (at < text.length() && isNameCharacter(text.charAt(at), at == start)) {
      at++;
    }
    return text.substring(start, at);
  }

  private static boolean isNameCharacter(char c, boolean first) {
    return c == '_'
        || (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (!first && c >= '0' && c <= '9');
  }

  /** Braces of variables inside a modifier are its own. */
  private int closingBrace() {
    int depth = 1;
    for (int i = at; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == escape) {
        i++;
      } else if (c == '{' && text.charAt(i - 1) == '$') {
        depth++;
      } else if (c == '}' && --depth == 0) {
        return i;
      }
    }
    throw malformed("${ is not closed by }");
  }

  /** A colon in front makes an empty value count as a missing one. */
  private String modified(String name, String modifier) {
    boolean colon = modifier.startsWith(":");
    String rest = colon ? modifier.substring(1) : modifier;
    String value = variables.get(name);
    boolean set = value != null && !(colon && value.isEmpty());
    if (rest.startsWith("-")) {
      return set ? String.valueOf(value) : word(rest, 1);
    }
    if (rest.startsWith("+")) {
      return set ? word(rest, 1) : "";
    }
    if (rest.startsWith("?")) {
      if (!set) {
        throw malformed(name + ": " + word(rest, 1));
      }
      return String.valueOf(value);
    }
    if (colon) {
      throw malformed("${" + name + modifier + "} has a modifier that is not known");
    }
    String plain = value == null ? "" : value;
    return switch (modifier.charAt(0)) {
      case '#' -> VariablePattern.withoutPrefix(plain, longest(modifier), pattern(modifier));
      case '%' -> VariablePattern.withoutSuffix(plain, longest(modifier), pattern(modifier));
      case '/' -> replaced(plain, modifier);
      default -> throw malformed("${" + name + modifier + "} has a modifier that is not known");
    };
  }

  /** {@code ##} and {@code %%} stand for the longest part that matches. */
  private static boolean longest(String modifier) {
    return modifier.length() > 1 && modifier.charAt(1) == modifier.charAt(0);
  }

  private String pattern(String modifier) {
    return word(modifier, longest(modifier) ? 2 : 1);
  }

  private String replaced(String value, String modifier) {
    boolean all = longest(modifier);
    String rest = modifier.substring(all ? 2 : 1);
    int slash = rest.indexOf('/');
    if (slash < 0) {
      throw malformed("${…" + modifier + "} has no replacement");
    }
    return VariablePattern.replaced(
        value, all, word(rest.substring(0, slash), 0), word(rest, slash + 1));
  }

  private String word(String modifier, int from) {
    return whole(modifier.substring(from), variables, escape);
  }

  private CriException malformed(String reason) {
    return CriException.invalidArgument("\"%s\": %s".formatted(text, reason));
  }
}
