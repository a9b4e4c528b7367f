package io.jukung.cri.docker;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Points in time as docker's users write them. */
public final class DockerMoment {
  private static final Pattern DURATION =
      Pattern.compile("(?=\\d)(?:(\\d{1,9})h)?(?:(\\d{1,9})m)?(?:(\\d{1,9})(?:\\.(\\d{1,9}))?s)?");

  private static final Pattern UNIX = Pattern.compile("(\\d{1,11})(?:\\.(\\d{1,9}))?");

  private DockerMoment() {}

  /**
   * Reads a point in time as docker does: {@code 10m} or {@code 1h30m} before now, seconds since
   * the epoch, or a time such as {@code 2026-11-30T08:00:00Z}, in this time zone if none is
   * written.
   *
   * @throws DateTimeException if the text is none of these
   */
  public static Instant parse(String text, Instant now) {
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
    return text.matches(".*T.*(?:Z|[+-]\\d\\d:\\d\\d)")
        ? OffsetDateTime.parse(text).toInstant()
        : local(text).atZone(ZoneId.systemDefault()).toInstant();
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
