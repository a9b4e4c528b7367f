package io.jukung.cli.template;

/**
 * A word of a template.
 *
 * @param text the text outside of actions; the name of a field, without its dot, or of a variable,
 *     without its dollar sign; the value of a string; otherwise as it is written
 * @param offset where the word begins in the template
 * @param glued whether there is no space before the word
 */
record Token(Kind kind, String text, int offset, boolean glued) {
  enum Kind {
    TEXT,
    OPEN,
    CLOSE,
    DOT,
    FIELD,
    VARIABLE,
    NAME,
    STRING,
    CHARACTER,
    NUMBER,
    PIPE,
    LEFT_PARENTHESIS,
    RIGHT_PARENTHESIS,
    COMMA,
    DECLARE,
    ASSIGN,
    END
  }

  boolean is(Kind other) {
    return kind == other;
  }

  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }
}
