package io.jukung.engine.stream;

import io.jukung.engine.http.HttpError;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Looks for the keys by which a user of a terminal leaves a container. Used by one thread. */
final class DetachKeys {
  private static final String DEFAULT = "ctrl-p,ctrl-q";
  private static final String CONTROLS = "@abcdefghijklmnopqrstuvwxyz[\\]^_";

  private final byte[] keys;
  private int matched;

  /**
   * @param text letters, or {@code ctrl-} and a letter, separated by commas; empty: ctrl-p, ctrl-q
   */
  DetachKeys(String text) {
    List<Byte> bytes = new ArrayList<>();
    for (String each : (text.isEmpty() ? DEFAULT : text).split(",", -1)) {
      bytes.add(key(each));
    }
    keys = new byte[bytes.size()];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = bytes.get(i);
    }
  }

  private static byte key(String text) {
    if (text.length() == 1 && text.charAt(0) < 128) {
      return (byte) text.charAt(0);
    }
    String control = text.toLowerCase(Locale.ROOT);
    int number =
        control.startsWith("ctrl-") && control.length() == 6
            ? CONTROLS.indexOf(control.charAt(5))
            : -1;
    if (number < 0) {
      throw HttpError.badRequest("Invalid detach keys: unknown character '" + text + "'");
    }
    return (byte) number;
  }

  /**
   * Returns what the container gets of what was typed. A beginning of the keys is held back until
   * the next byte shows whether it is one.
   */
  byte[] filter(byte[] typed, int count) {
    ByteArrayOutputStream passed = new ByteArrayOutputStream();
    for (int i = 0; i < count && !isDetached(); i++) {
      if (typed[i] == keys[matched]) {
        matched++;
        continue;
      }
      passed.write(keys, 0, matched);
      matched = typed[i] == keys[0] ? 1 : 0;
      if (matched == 0) {
        passed.write(typed[i]);
      }
    }
    return passed.toByteArray();
  }

  boolean isDetached() {
    return matched == keys.length;
  }
}
