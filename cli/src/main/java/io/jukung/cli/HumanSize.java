package io.jukung.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Bytes for people: printed in powers of 1000 as docker does, read in powers of 1024 as it does.
 */
final class HumanSize {
  private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  private static final Pattern TEXT =
      Pattern.compile(
          "(\\d{1,15}(?:\\.\\d{1,6})?)\\s*([bkmgt]?)(?:i?b)?", Pattern.CASE_INSENSITIVE);

  private HumanSize() {}

  /** Three digits that matter: {@code 4.21MB}, {@code 42.1MB}, {@code 421MB}. */
  static String format(long bytes) {
    double number = bytes;
    int unit = 0;
    // 999.5 would print as 1000.
    while (number >= 999.5 && unit < UNITS.length - 1) {
      number /= 1000;
      unit++;
    }
    int decimals = unit == 0 || number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2;
    String digits = String.format(Locale.ROOT, "%." + decimals + "f", number);
    return (decimals == 0 ? digits : digits.replaceAll("\\.?0+$", "")) + UNITS[unit];
  }

  /** As docker's --memory: {@code 64m}, {@code 1.5g}, {@code 4096}. */
  static long parse(String text) {
    Matcher matcher = TEXT.matcher(text.strip());
    if (!matcher.matches()) {
      throw CliException.usage("not a size: \"" + text + "\" (write as 512k, 64m or 1.5g)");
    }
    int power = "bkmgt".indexOf(matcher.group(2).toLowerCase(Locale.ROOT));
    try {
      return new BigDecimal(matcher.group(1))
          .multiply(BigDecimal.valueOf(1L << (10 * Math.max(0, power))))
          .setScale(0, RoundingMode.DOWN)
          .longValueExact();
    } catch (ArithmeticException e) {
      throw CliException.usage("size out of range: \"" + text + "\"");
    }
  }
}
