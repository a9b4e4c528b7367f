package io.jukung.runtime.call;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cri.CriException;

/** Checks strings of requests that become paths or host names. */
public final class RequestText {
  /** Bytes of a host name that the kernel takes (__NEW_UTS_LEN, sethostname(2)). */
  private static final int MAX_HOSTNAME_BYTES = 64;

  private RequestText() {}

  /**
   * Checks text that becomes a path or a part of one. A path cannot hold NUL, and a line break or
   * another control character would damage logs and records that hold the path.
   *
   * @param field the field's name, for the message
   * @return the text
   * @throws CriException INVALID_ARGUMENT for a control character
   */
  public static String path(String field, String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isISOControl(text.charAt(i))) {
        throw CriException.invalidArgument(
            field
                + " has the control character U+%04X at index %d"
                    .formatted((int) text.charAt(i), i));
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
    path(field, text);
    int bytes = text.getBytes(UTF_8).length;
    if (bytes > MAX_HOSTNAME_BYTES) {
      throw CriException.invalidArgument(
          field + " has " + bytes + " bytes; a host name has at most " + MAX_HOSTNAME_BYTES);
    }
    return text;
  }
}
