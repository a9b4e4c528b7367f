package io.jukung.cli.run;

import io.jukung.cli.command.CliException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads amounts of memory, in powers of 1024 as docker's {@code --memory} does. */
final class MemorySize {
  private static final Pattern TEXT =
      Pattern.compile(
          "(\\d{1,15}(?:\\.\\d{1,6})?)\\s*([bkmgt]?)(?:i?b)?", Pattern.CASE_INSENSITIVE);

  private MemorySize() {}

  /**
   * Returns the bytes that a text such as {@code 64m}, {@code 1.5g} or {@code 4096} means.
   *
   * @throws CliException where the text is no size
   */
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
