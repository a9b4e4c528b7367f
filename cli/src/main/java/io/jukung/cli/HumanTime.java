package io.jukung.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Spans of time in the words docker uses: {@code 5 minutes}, {@code About an hour}. */
final class HumanTime {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private HumanTime() {}

  /**
   * @param nanos since the epoch, as CRI counts; 0 is no time
   */
  static String ago(long nanos, InstantSource clock) {
    return nanos == 0 ? "-" : since(nanos, clock) + " ago";
  }

  static String since(long nanos, InstantSource clock) {
    Instant then = Instant.ofEpochSecond(nanos / NANOS_PER_SECOND, nanos % NANOS_PER_SECOND);
    return span(Duration.between(then, clock.instant()));
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
