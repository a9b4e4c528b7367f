package io.jukung.runtime.store;

import java.security.SecureRandom;
import java.util.HexFormat;

/** The ids of sandboxes, containers and execs: 256 random bits in hex, as crictl expects them. */
public final class ObjectId {
  /** The length of an id, in characters. */
  public static final int LENGTH = 64;

  private static final int BYTES = LENGTH / 2;

  private ObjectId() {}

  /** Made with the first id: the start of the daemon needs none. */
  private static final class Random {
    static final SecureRandom BITS = new SecureRandom();
  }

  public static String random() {
    byte[] bits = new byte[BYTES];
    Random.BITS.nextBytes(bits);
    return HexFormat.of().formatHex(bits);
  }

  /** Whether the text is an id, and so can be the name of an object's directory. */
  public static boolean isValid(String id) {
    return id.length() == LENGTH && id.chars().allMatch(ObjectId::isLowerHex);
  }

  private static boolean isLowerHex(int c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  }
}
