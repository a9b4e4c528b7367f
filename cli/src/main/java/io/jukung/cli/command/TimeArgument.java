package io.jukung.cli.command;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Points in time as users write them on the command line. */
public final class TimeArgument {
  private static final long NANOS = 1_000_000_000L;

  private static final Pattern DURATION =
      Pattern.compile("(?=\\d)(?:(\\d{1,9})h)?(?:(\\d{1,9})m)?(?:(\\d{1,9})(?:\\.(\\d{1,9}))?s)?");

  private static final Pattern UNIX = Pattern.compile("(\\d{1,11})(?:\\.(\\d{1,9}))?");

  private TimeArgument() {}

  /**
   * As {@link #parse}, in nanoseconds since the epoch.
   *
   * @throws CliException with the exit code for wrong usage
   */
  public static long nanos(String option, String text, InstantSource clock) {
    Instant time = parse(option, text, clock.instant());
    try {
      return Math.addExact(Math.multiplyExact(time.getEpochSecond(), NANOS), time.getNano());
    } catch (ArithmeticException e) {
      throw CliException.usage(option + ": the time is out of range: \"" + text + "\"");
    }
  }

  /**
   * Reads a point in time as docker does: {@code 10m} or {@code 1h30m} before now, seconds since
   * the epoch, or a time such as {@code 2026-11-30T08:00:00Z}, in this time zone if none is
   * written.
   *
   * @param option for the error text
   */
  public static Instant parse(String option, String text, Instant now) {
    Matcher ago = DURATION.matcher(text);
    if (ago.matches()) {
      return now.minus(
          Duration.ofHours(number(ago.group(1)))
              .plusMinutes(number(ago.group(2)))
              .plusSeconds(number(ago.group(3)))
              .plusNanos(fraction(ago.group(4))));
    }
    Matcher unix = UNIX.matcher(text);
    if (unix.matches()) {
      return Instant.ofEpochSecond(number(unix.group(1)), fraction(unix.group(2)));
    }
    try {
      return text.matches(".*T.*(?:Z|[+-]\\d\\d:\\d\\d)")
          ? OffsetDateTime.parse(text).toInstant()
          : local(text).atZone(ZoneId.systemDefault()).toInstant();
    } catch (DateTimeParseException e) {
      throw CliException.usage(
          option
              + ": not a time: \""
              + text
              + "\" (write 10m, 1h30m, seconds since 1970, or 2026-11-30T08:00:00Z)");
    }
  }

  private static LocalDateTime local(String text) {
    return text.contains("T") ? LocalDateTime.parse(text) : LocalDate.parse(text).atStartOfDay();
  }

  private static long number(@Nullable String digits) {
    return digits == null ? 0 : Long.parseLong(digits);
  }

  /** The nanoseconds of the digits after a point. */
  private static long fraction(@Nullable String digits) {
    return digits == null ? 0 : Long.parseLong((digits + "000000000").substring(0, 9));
  }
}
