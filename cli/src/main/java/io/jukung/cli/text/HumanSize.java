package io.jukung.cli.text;

import java.util.Locale;

/** Bytes for people, in powers of 1000 as docker prints them. */
public final class HumanSize {
  private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};

  private HumanSize() {}

  /** Returns three significant digits and a unit: {@code 4.21MB}, {@code 42.1MB}, {@code 421MB}. */
  public static String format(long bytes) {
    double number = bytes;
    int unit = 0;
    // From 999.5 on, the number would be rounded to 1000.
    while (number >= 999.5 && unit < UNITS.length - 1) {
      number /= 1000;
      unit++;
    }
    int decimals = unit == 0 || number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2;
    String digits = String.format(Locale.ROOT, "%." + decimals + "f", number);
    return (decimals == 0 ? digits : digits.replaceAll("\\.?0+$", "")) + UNITS[unit];
  }
}
