package io.jukung.cli.run;

import io.jukung.cli.command.CliException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times as Go programs, and so docker's users, write them: {@code 1m30s}, {@code 1.5s}. */
final class GoDuration {
  private static final Pattern PART =
      Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,9})?)(h|ms|m|s|us)");

  private GoDuration() {}

  /**
   * Reads a time.
   *
   * @param option for the error text
   * @throws CliException with the exit code for wrong usage
   */
  static Duration parse(String option, String text) {
    if (text.equals("0")) {
      return Duration.ZERO;
    }
    Matcher part = PART.matcher(text);
    Duration sum = Duration.ZERO;
    int at = 0;
    while (at < text.length() && part.find(at) && part.start() == at) {
      BigDecimal nanos =
          new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(unit(part.group(2))));
      BigDecimal whole = nanos.setScale(0, RoundingMode.DOWN);
      sum = sum.plus(Duration.ofNanos(whole.min(BigDecimal.valueOf(Long.MAX_VALUE)).longValue()));
      at = part.end();
    }
    if (text.isEmpty() || at < text.length()) {
      throw CliException.usage(
          option + ": not a time: \"" + text + "\" (write 30s, 1m30s or 500ms)");
    }
    return sum;
  }

  private static long unit(String name) {
    return switch (name) {
      case "h" -> Duration.ofHours(1).toNanos();
      case "m" -> Duration.ofMinutes(1).toNanos();
      case "s" -> Duration.ofSeconds(1).toNanos();
      case "ms" -> Duration.ofMillis(1).toNanos();
      case "us" -> 1_000;
      default -> throw new IllegalArgumentException(name);
    };
  }
}
