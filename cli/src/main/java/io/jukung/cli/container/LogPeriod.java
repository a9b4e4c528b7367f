package io.jukung.cli.container;

import io.jukung.cli.command.CliException;
import io.jukung.cri.log.CriLogLine;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The time of which a user wants the lines of a log.
 *
 * @param since null: from the beginning
 * @param until null: to the end
 */
record LogPeriod(@Nullable Instant since, @Nullable Instant until) {
  private static final Pattern DURATION =
      Pattern.compile("(?=\\d)(?:(\\d{1,9})h)?(?:(\\d{1,9})m)?(?:(\\d{1,9})(?:\\.(\\d{1,9}))?s)?");

  private static final Pattern UNIX = Pattern.compile("(\\d{1,11})(?:\\.(\\d{1,9}))?");

  /**
   * Reads a point in time as docker does: {@code 10m} or {@code 1h30m} before now, seconds since
   * the epoch, or a time such as {@code 2026-11-30T08:00:00Z}, in this time zone if none is
   * written.
   *
   * @param option for the error text
   */
  static Instant parse(String option, String text, Instant now) {
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

  /** Whether a line belongs to the period. One whose time cannot be read does. */
  boolean contains(byte[] line) {
    if (since == null && until == null) {
      return true;
    }
    return CriLogLine.parse(line).map(CriLogLine::timestamp).map(this::containsTime).orElse(true);
  }

  private boolean containsTime(String timestamp) {
    try {
      Instant time = OffsetDateTime.parse(timestamp).toInstant();
      return (since == null || !time.isBefore(since)) && (until == null || !time.isAfter(until));
    } catch (DateTimeParseException e) {
      return true;
    }
  }
}
