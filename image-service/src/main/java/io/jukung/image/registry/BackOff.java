package io.jukung.image.registry;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The pauses before an overloaded host is asked again: each twice as long as the one before, and at
 * least as long as the host asks for. One instance per request; not thread-safe.
 */
final class BackOff {
  /** By default 7.5 s in all; after that the pull fails, and kubelet retries it later. */
  private static final int MAX_WAITS = 4;

  /** A host that asks for a longer pause is not asked again, so that the caller learns of it. */
  private static final Duration MAX_WAIT = Duration.ofSeconds(60);

  private final Duration first;
  private int waits;

  BackOff(Duration first) {
    this.first = first;
  }

  /**
   * The next pause, or empty if the host should not be asked again.
   *
   * @param asked the pause that the host asks for, zero for none
   */
  Optional<Duration> next(Duration asked) {
    if (waits == MAX_WAITS || asked.compareTo(MAX_WAIT) > 0) {
      return Optional.empty();
    }
    Duration own = first.multipliedBy(1L << waits++);
    // A quarter more or less, so that nodes that were refused together do not return together.
    long jittered = (long) (own.toNanos() * ThreadLocalRandom.current().nextDouble(0.75, 1.25));
    return Optional.of(Duration.ofNanos(Math.max(jittered, asked.toNanos())));
  }

  /**
   * The pause that a Retry-After header asks for, in seconds or up to a date (RFC 9110, 10.2.3);
   * zero for a header that is missing or malformed.
   */
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
      return Duration.ZERO; // neither seconds nor a date
    }
  }
}
