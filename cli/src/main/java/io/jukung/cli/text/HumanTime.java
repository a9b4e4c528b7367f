package io.jukung.cli.text;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Spans of time in docker's words: {@code 5 minutes}, {@code About an hour}. */
public final class HumanTime {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss Z 'UTC'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private HumanTime() {}

  /**
   * Returns how long ago something happened; a dash where it has not happened.
   *
   * @param nanos since the epoch, as in CRI's messages; 0 means never
   */
  public static String ago(long nanos, InstantSource clock) {
    return nanos == 0 ? "-" : since(nanos, clock) + " ago";
  }

  /** Returns how much time has passed since a moment, given as in {@link #ago}. */
  public static String since(long nanos, InstantSource clock) {
    Instant then = Instant.ofEpochSecond(nanos / NANOS_PER_SECOND, nanos % NANOS_PER_SECOND);
    return span(Duration.between(then, clock.instant()));
  }

  /** Returns a moment, given as in {@link #ago}, in the form of docker's lists: Go's, in UTC. */
  public static String stamp(long nanos) {
    return STAMP.format(Instant.ofEpochSecond(nanos / NANOS_PER_SECOND, nanos % NANOS_PER_SECOND));
  }

  static String span(Duration span) {
    long seconds = Math.max(0, span.toSeconds());
    long minutes = seconds / 60;
    long hours = minutes / 60;
    long days = hours / 24;
    if (seconds < 1) {
      return "Less than a second";
    }
    if (seconds < 60) {
      return plural(seconds, "second");
    }
    if (minutes < 2) {
      return "About a minute";
    }
    if (minutes < 60) {
      return plural(minutes, "minute");
    }
    if (hours < 2) {
      return "About an hour";
    }
    if (hours < 48) {
      return plural(hours, "hour");
    }
    if (days < 14) {
      return plural(days, "day");
    }
    if (days < 60) {
      return plural(days / 7, "week");
    }
    return days < 730 ? plural(days / 30, "month") : plural(days / 365, "year");
  }

  private static String plural(long number, String unit) {
    return number + " " + unit + (number == 1 ? "" : "s");
  }
}
