package io.jukung.cri.streaming;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Locale;

/**
 * Looks for the keys by which a user of a terminal leaves a container, which goes on without the
 * user. Used by one thread.
 */
public final class DetachKeys {
  /** The keys where nobody names others; docker has the same. */
  public static final String DEFAULT = "ctrl-p,ctrl-q";

  /** The letters of control characters in the order of their codes, from 0. */
  private static final String CONTROLS = "@abcdefghijklmnopqrstuvwxyz[\\]^_";

  private final byte[] keys;
  private int matched;

  /**
   * Reads docker's option {@code --detach-keys}.
   *
   * @param text letters, or {@code ctrl-} and a letter, separated by commas; empty: {@link
   *     #DEFAULT}
   * @throws IllegalArgumentException if a part of the text is no key
   */
  public DetachKeys(String text) {
    String[] names = (text.isEmpty() ? DEFAULT : text).split(",", -1);
    keys = new byte[names.length];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = key(names[i]);
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
      throw new IllegalArgumentException("Invalid detach keys: unknown character '" + text + "'");
    }
    return (byte) number;
  }

  /**
   * Returns what the container gets of what was typed. A beginning of the keys is held back until
   * the next byte shows whether it is one. Bytes after the keys are dropped.
   *
   * @param count how many bytes of the array were typed
   */
  public byte[] filter(byte[] typed, int count) {
    ByteArrayOutputStream passed = new ByteArrayOutputStream(count + keys.length);
    for (int i = 0; i < count && !isDetached(); i++) {
      while (matched > 0 && typed[i] != keys[matched]) {
        int shorter = shorterBeginning();
        passed.write(keys, 0, matched - shorter);
        matched = shorter;
      }
      if (typed[i] == keys[matched]) {
        matched++;
      } else {
        passed.write(typed[i]);
      }
    }
    return passed.toByteArray();
  }

  /** How long a shorter beginning of the keys may be that the matched bytes end with. */
  private int shorterBeginning() {
    for (int length = matched - 1; length > 0; length--) {
      if (Arrays.equals(keys, 0, length, keys, matched - length, matched)) {
        return length;
      }
    }
    return 0;
  }

  /** Whether the user has typed the keys. */
  public boolean isDetached() {
    return matched == keys.length;
  }
}
