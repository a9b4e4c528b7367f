package io.jukung.runtime.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The text of one JSON document, which is written from its beginning to its end (RFC 8259). Records
 * are written several times for each pod, by code that a daemon has run a few times only: this
 * class has few and short methods, where a library's serializers have hundreds.
 *
 * <p>As Jackson's {@code NON_EMPTY} does, the methods leave out a member whose value is null, or is
 * an empty text, list or map. Numbers and truth values are always written.
 */
final class JsonText {
  private static final int USUAL_LENGTH = 1024;
  private static final char FIRST_PRINTABLE = ' ';
  private static final String HEX = "0123456789ABCDEF";

  private final StringBuilder text = new StringBuilder(USUAL_LENGTH);

  /** Whether the next member or element is not the first one. */
  private boolean hasPredecessor;

  /** Begins an object: the document, or an element of a list. */
  JsonText begin() {
    separate();
    text.append('{');
    hasPredecessor = false;
    return this;
  }

  /** Begins a member that is an object. */
  JsonText begin(String name) {
    name(name);
    text.append('{');
    hasPredecessor = false;
    return this;
  }

  JsonText end() {
    text.append('}');
    hasPredecessor = true;
    return this;
  }

  /** Begins a member that is a list. */
  JsonText beginList(String name) {
    name(name);
    text.append('[');
    hasPredecessor = false;
    return this;
  }

  JsonText endList() {
    text.append(']');
    hasPredecessor = true;
    return this;
  }

  JsonText number(String name, long value) {
    name(name);
    text.append(value);
    return this;
  }

  /** As {@link #number}, and leaves out zero. */
  JsonText numberUnlessZero(String name, long value) {
    return value == 0 ? this : number(name, value);
  }

  JsonText truth(String name, boolean value) {
    name(name);
    text.append(value);
    return this;
  }

  JsonText text(String name, @Nullable String value) {
    if (value != null && !value.isEmpty()) {
      textAlsoEmpty(name, value);
    }
    return this;
  }

  /** As {@link #text}, and does not leave out the empty text. */
  JsonText textAlsoEmpty(String name, String value) {
    name(name);
    quote(value);
    return this;
  }

  JsonText constant(String name, @Nullable Enum<?> value) {
    if (value != null) {
      name(name);
      quote(value.name());
    }
    return this;
  }

  JsonText texts(String name, List<String> values) {
    if (!values.isEmpty()) {
      beginList(name);
      for (String value : values) {
        separate();
        quote(value);
      }
      endList();
    }
    return this;
  }

  JsonText numbers(String name, List<Long> values) {
    if (!values.isEmpty()) {
      beginList(name);
      for (long value : values) {
        separate();
        text.append(value);
      }
      endList();
    }
    return this;
  }

  /** Writes a map as an object. */
  JsonText texts(String name, Map<String, String> values) {
    if (!values.isEmpty()) {
      begin(name);
      for (Map.Entry<String, String> each : values.entrySet()) {
        textAlsoEmpty(each.getKey(), each.getValue());
      }
      end();
    }
    return this;
  }

  /** Writes a map as an object. */
  JsonText numbers(String name, Map<String, Long> values) {
    if (!values.isEmpty()) {
      begin(name);
      for (Map.Entry<String, Long> each : values.entrySet()) {
        number(each.getKey(), each.getValue());
      }
      end();
    }
    return this;
  }

  /** Returns the document. */
  byte[] toBytes() {
    return text.toString().getBytes(UTF_8);
  }

  private void name(String name) {
    separate();
    quote(name);
    text.append(':');
  }

  private void separate() {
    if (hasPredecessor) {
      text.append(',');
    }
    hasPredecessor = true;
  }

  private void quote(String value) {
    text.append('"');
    int done = 0;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < FIRST_PRINTABLE || c == '"' || c == '\\') {
        text.append(value, done, i);
        escape(c);
        done = i + 1;
      }
    }
    text.append(value, done, value.length()).append('"');
  }

  private void escape(char c) {
    switch (c) {
      case '"' -> text.append("\\\"");
      case '\\' -> text.append("\\\\");
      case '\b' -> text.append("\\b");
      case '\f' -> text.append("\\f");
      case '\n' -> text.append("\\n");
      case '\r' -> text.append("\\r");
      case '\t' -> text.append("\\t");
      default -> text.append("\\u00").append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 0xf));
    }
  }
}
