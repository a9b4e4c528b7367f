package io.jukung.image.registry;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to leave a host alone that has too much to do: twice as long each time, and at least as
 * long as it says itself. One per question; not thread-safe.
 */
final class BackOff {
  /** With the default first wait, 7.5 s in all: kubelet tries again itself, later. */
  private static final int MAX_WAITS = 4;

  /** A host that wants more is not waited for: the caller has other things to do. */
  private static final Duration MAX_WAIT = Duration.ofSeconds(60);

  private final Duration first;
  private int waits;

  BackOff(Duration first) {
    this.first = first;
  }

  /** Empty where it is not worth the waiting. */
  Optional<Duration> next(Duration asked) {
    if (waits == MAX_WAITS || asked.compareTo(MAX_WAIT) > 0) {
      return Optional.empty();
    }
    Duration own = first.multipliedBy(1L << waits++);
    // A quarter to and fro: nodes that were refused together would come back together.
    long jittered = (long) (own.toNanos() * ThreadLocalRandom.current().nextDouble(0.75, 1.25));
    return Optional.of(Duration.ofNanos(Math.max(jittered, asked.toNanos())));
  }

  /** A Retry-After header: seconds or a date (RFC 9110, 10.2.3); zero for what is neither. */
  static Duration asked(Optional<String> header, Instant now) {
    if (header.isEmpty()) {
      return Duration.ZERO;
    }
    String text = header.get().strip();
    if (text.matches("[0-9]{1,9}")) {
      return Duration.ofSeconds(Long.parseLong(text));
    }
    try {
      Instant until = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text));
      return until.isAfter(now) ? Duration.between(now, until) : Duration.ZERO;
    } catch (DateTimeException e) {
      return Duration.ZERO; // not a date: the host has said nothing
    }
  }
}
