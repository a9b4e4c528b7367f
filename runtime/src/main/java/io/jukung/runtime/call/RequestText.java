package io.jukung.runtime.call;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cri.CriException;
import org.jspecify.annotations.Nullable;

/** Checks what strings of requests look like, before anything is done with them. */
public final class RequestText {
  /** Bytes of a host name that the kernel takes (__NEW_UTS_LEN, sethostname(2)). */
  private static final int MAX_HOSTNAME_BYTES = 64;

  /** Bytes of a path that the kernel takes: PATH_MAX counts the zero byte, too. */
  private static final int MAX_PATH_BYTES = 4095;

  /** Bytes of one part of a path (NAME_MAX). */
  private static final int MAX_NAME_BYTES = 255;

  /**
   * Bytes of a word. Words become lines of files, variables of plugins and parts of messages; the
   * longest that Kubernetes knows have 253 bytes.
   */
  private static final int MAX_WORD_BYTES = 4096;

  /** Bytes of an argument or variable of a program: MAX_ARG_STRLEN counts the zero byte, too. */
  private static final int MAX_ARGUMENT_BYTES = (128 << 10) - 1;

  /** What a field's text has to look like. request-fields.txt lists the fields. */
  public enum Kind {
    WORD,
    PATH,
    HOSTNAME,
    ARGUMENT,
    TEXT;

    /** The kind with this name in lower case; null if there is none. */
    static @Nullable Kind named(String name) {
      for (Kind each : values()) {
        if (each.name().equalsIgnoreCase(name)) {
          return each;
        }
      }
      return null;
    }

    /**
     * Checks the text of a field. The message never has the text, which may be a secret or long.
     *
     * @param field the field's name, for the message
     * @throws CriException INVALID_ARGUMENT for text that is not of this kind
     */
    void check(String field, String text) {
      switch (this) {
        case WORD -> word(field, text);
        case PATH -> path(field, text);
        case HOSTNAME -> hostname(field, text);
        case ARGUMENT -> argument(field, text);
        case TEXT -> {}
      }
    }
  }

  private RequestText() {}

  /**
   * Checks text that becomes a path or a part of one. A path cannot hold NUL, and a line break or
   * another control character would damage logs and records that hold the path.
   *
   * @param field the field's name, for the message
   * @return the text
   * @throws CriException INVALID_ARGUMENT for a control character, and for a path that is too long
   *     for the kernel
   */
  public static String path(String field, String text) {
    refuseControls(field, text);
    limit(field, "a path", text, MAX_PATH_BYTES);
    if (text.length() > MAX_NAME_BYTES / 4) { // UTF-8 has at most 4 bytes for a character
      for (String part : text.split("/", -1)) {
        limit(field, "a part of a path", part, MAX_NAME_BYTES);
      }
    }
    return text;
  }

  /**
   * Checks a host name.
   *
   * @param field the field's name, for the message
   * @return the host name
   * @throws CriException INVALID_ARGUMENT for a control character, and for more than 64 bytes
   */
  public static String hostname(String field, String text) {
    refuseControls(field, text);
    limit(field, "a host name", text, MAX_HOSTNAME_BYTES);
    return text;
  }

  private static void word(String field, String text) {
    refuseControls(field, text);
    limit(field, "such a text", text, MAX_WORD_BYTES);
  }

  private static void argument(String field, String text) {
    int zero = text.indexOf('\0');
    if (zero >= 0) {
      throw CriException.invalidArgument(field + " has a zero byte at index " + zero);
    }
    limit(field, "a word for a program", text, MAX_ARGUMENT_BYTES);
  }

  private static void refuseControls(String field, String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isISOControl(text.charAt(i))) {
        throw CriException.invalidArgument(
            field
                + " has the control character U+%04X at index %d"
                    .formatted((int) text.charAt(i), i));
      }
    }
  }

  private static void limit(String field, String what, String text, int bytes) {
    if (text.length() > bytes / 4) {
      int actual = text.getBytes(UTF_8).length;
      if (actual > bytes) {
        throw CriException.invalidArgument(
            field + " has " + actual + " bytes; " + what + " has at most " + bytes);
      }
    }
  }
}
