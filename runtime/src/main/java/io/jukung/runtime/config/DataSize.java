package io.jukung.runtime.config;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A number of bytes, written with a binary unit: {@code 512B}, {@code 64KiB}, {@code 16MiB}. */
public record DataSize(long bytes) implements Comparable<DataSize> {
  private static final Pattern TEXT = Pattern.compile("(\\d{1,18})(B|KiB|MiB|GiB|TiB)");
  private static final String UNITS = "BKMGT";

  public DataSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("a size cannot be negative: " + bytes);
    }
  }

  public static DataSize ofMebibytes(long mebibytes) {
    return new DataSize(Math.multiplyExact(mebibytes, 1L << 20));
  }

  /**
   * Reads a size. Decimal units are refused: some readers take {@code MB} for 1000000 bytes and
   * some for 1048576.
   */
  public static DataSize parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "not a size: \"" + text + "\" (write a whole number and B, KiB, MiB, GiB or TiB)");
    }
    int power = UNITS.indexOf(matcher.group(2).charAt(0));
    try {
      return new DataSize(Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << (10 * power)));
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("size beyond 8EiB: \"" + text + "\"", e);
    }
  }

  /** The size as an {@code int}, for buffers. */
  public int toIntBytes() {
    return Math.toIntExact(bytes);
  }

  @Override
  public int compareTo(DataSize other) {
    return Long.compare(bytes, other.bytes);
  }

  /** The size in the largest unit that divides it, so that {@link #parse} returns an equal size. */
  @Override
  public String toString() {
    int power =
        bytes == 0 ? 0 : Math.min(UNITS.length() - 1, Long.numberOfTrailingZeros(bytes) / 10);
    return String.format(
        Locale.ROOT, "%d%s", bytes >> (10 * power), power == 0 ? "B" : UNITS.charAt(power) + "iB");
  }
}
