package io.jukung.cli.text;

/** IDs as tables show them. */
public final class ShortId {
  private static final int LENGTH = 12;

  private ShortId() {}

  /** Returns the first twelve digits, without the algorithm that a digest begins with. */
  public static String of(String id) {
    String digits = id.substring(id.indexOf(':') + 1);
    return digits.length() <= LENGTH ? digits : digits.substring(0, LENGTH);
  }
}
