package io.jukung.cli.template;

import io.jukung.cli.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Splits a template into words, by the lexical rules of Go's package text/template: actions stand
 * between double braces, and a hyphen with a space inside a brace trims the space outside of it.
 */
final class Scanner {
  private static final String OPEN = "{{";
  private static final String CLOSE = "}}";

  private final String text;
  private final List<Token> tokens = new ArrayList<>();
  private int at;

  private Scanner(String text) {
    this.text = text;
  }

  /**
   * Returns the words, of which the last is of the kind END.
   *
   * @throws TemplateException for text that has no words
   */
  static List<Token> scan(String text) {
    Scanner scanner = new Scanner(text);
    scanner.run();
    return scanner.tokens;
  }

  private void run() {
    boolean trimmed = false;
    while (true) {
      int open = text.indexOf(OPEN, at);
      String outside = text.substring(at, open < 0 ? text.length() : open);
      boolean trims = open >= 0 && text.startsWith("- ", open + 2);
      outside = trimmed ? outside.stripLeading() : outside;
      outside = trims ? outside.stripTrailing() : outside;
      if (!outside.isEmpty()) {
        add(Kind.TEXT, outside, at);
      }
      if (open < 0) {
        add(Kind.END, "", text.length());
        return;
      }
      at = open + (trims ? 4 : 2);
      trimmed = text.startsWith("/*", at) ? comment(open) : action(open);
    }
  }

  /** Skips a comment, and returns whether the space after it is trimmed. */
  private boolean comment(int open) {
    int end = text.indexOf("*/", at);
    if (end < 0) {
      throw TemplateException.at(text, open, "the comment has no end");
    }
    at = end + 2;
    if (text.startsWith(" -}}", at)) {
      at += 4;
      return true;
    }
    if (!text.startsWith(CLOSE, at)) {
      throw TemplateException.at(text, at, "a comment ends with */}}");
    }
    at += 2;
    return false;
  }

  /** Reads an action, and returns whether the space after it is trimmed. */
  private boolean action(int open) {
    add(Kind.OPEN, OPEN, open);
    while (true) {
      int before = at;
      while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
        at++;
      }
      boolean glued = at == before;
      if (at >= text.length()) {
        throw TemplateException.at(text, open, "the action has no end: }} is missing");
      }
      if (text.startsWith(CLOSE, at) || (!glued && text.startsWith("-}}", at))) {
        boolean trims = text.charAt(at) == '-';
        add(Kind.CLOSE, CLOSE, at);
        at += trims ? 3 : 2;
        return trims;
      }
      word(glued);
    }
  }

  private void word(boolean glued) {
    int start = at;
    char c = text.charAt(at);
    switch (c) {
      case '|' -> sign(Kind.PIPE, 1, glued);
      case '(' -> sign(Kind.LEFT_PARENTHESIS, 1, glued);
      case ')' -> sign(Kind.RIGHT_PARENTHESIS, 1, glued);
      case ',' -> sign(Kind.COMMA, 1, glued);
      case '=' -> sign(Kind.ASSIGN, 1, glued);
      case ':' -> {
        if (!text.startsWith(":=", at)) {
          throw TemplateException.at(text, at, "a colon stands only in :=");
        }
        sign(Kind.DECLARE, 2, glued);
      }
      case '"', '\'' -> quoted(c, glued);
      case '`' -> raw(glued);
      case '$' -> {
        at++;
        tokens.add(new Token(Kind.VARIABLE, name(), start, glued));
      }
      case '.' -> {
        boolean number = at + 1 < text.length() && Character.isDigit(text.charAt(at + 1));
        if (number) {
          number(glued);
        } else {
          at++;
          String name = name();
          tokens.add(new Token(name.isEmpty() ? Kind.DOT : Kind.FIELD, name, start, glued));
        }
      }
      default -> {
        boolean signed = c == '-' || c == '+';
        if (Character.isDigit(c) || (signed && digitFollows())) {
          number(glued);
        } else if (isNamePart(c)) {
          tokens.add(new Token(Kind.NAME, name(), start, glued));
        } else {
          throw TemplateException.at(text, at, "the character " + c + " has no meaning here");
        }
      }
    }
  }

  private boolean digitFollows() {
    return at + 1 < text.length()
        && (Character.isDigit(text.charAt(at + 1)) || text.charAt(at + 1) == '.');
  }

  private void sign(Kind kind, int length, boolean glued) {
    tokens.add(new Token(kind, text.substring(at, at + length), at, glued));
    at += length;
  }

  private void add(Kind kind, String value, int offset) {
    tokens.add(new Token(kind, value, offset, false));
  }

  private String name() {
    int start = at;
    while (at < text.length() && isNamePart(text.charAt(at))) {
      at++;
    }
    return text.substring(start, at);
  }

  private static boolean isNamePart(char c) {
    return c == '_' || Character.isLetterOrDigit(c);
  }

  private void number(boolean glued) {
    int start = at;
    at++;
    while (at < text.length() && isNumberPart(text.charAt(at), text.charAt(at - 1))) {
      at++;
    }
    tokens.add(new Token(Kind.NUMBER, text.substring(start, at), start, glued));
  }

  private static boolean isNumberPart(char c, char before) {
    boolean sign = (c == '-' || c == '+') && (before == 'e' || before == 'E');
    return isNamePart(c) || c == '.' || sign;
  }

  private void raw(boolean glued) {
    int end = text.indexOf('`', at + 1);
    if (end < 0) {
      throw TemplateException.at(text, at, "the string has no end: ` is missing");
    }
    tokens.add(new Token(Kind.STRING, text.substring(at + 1, end), at, glued));
    at = end + 1;
  }

  private void quoted(char quote, boolean glued) {
    int start = at;
    StringBuilder value = new StringBuilder();
    at++;
    while (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != quote) {
      if (text.charAt(at) == '\\') {
        escape(value);
      } else {
        value.append(text.charAt(at));
        at++;
      }
    }
    if (at >= text.length() || text.charAt(at) != quote) {
      throw TemplateException.at(text, start, "the string has no end: " + quote + " is missing");
    }
    at++;
    tokens.add(
        new Token(quote == '"' ? Kind.STRING : Kind.CHARACTER, value.toString(), start, glued));
  }

  /** Reads an escape of Go's strings. */
  private void escape(StringBuilder value) {
    char c = at + 1 < text.length() ? text.charAt(at + 1) : '\n';
    switch (c) {
      case 'n' -> value.append('\n');
      case 't' -> value.append('\t');
      case 'r' -> value.append('\r');
      case 'a' -> value.append('\u0007');
      case 'b' -> value.append('\b');
      case 'f' -> value.append('\f');
      case 'v' -> value.append('\u000b');
      case '\\', '"', '\'' -> value.append(c);
      case 'x' -> value.appendCodePoint(hex(2));
      case 'u' -> value.appendCodePoint(hex(4));
      case 'U' -> value.appendCodePoint(hex(8));
      default -> throw TemplateException.at(text, at, "there is no escape \\" + c);
    }
    at += 2;
  }

  /** Reads the digits behind an escape and moves on, so that two characters are left of it. */
  private int hex(int digits) {
    try {
      int value = Integer.parseInt(text, at + 2, at + 2 + digits, 16);
      if (!Character.isValidCodePoint(value)) {
        throw TemplateException.at(text, at, "the escape is no character");
      }
      at += digits;
      return value;
    } catch (IndexOutOfBoundsException | NumberFormatException e) {
      throw TemplateException.at(text, at, "the escape needs " + digits + " hexadecimal digits");
    }
  }
}
