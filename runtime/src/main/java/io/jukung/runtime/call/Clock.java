package io.jukung.runtime.call;

import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** The current time in the unit that CRI messages and records use. */
public final class Clock {
  private Clock() {}

  /** Nanoseconds since the epoch. */
  public static long now() {
    Instant now = Instant.now();
    return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
  }
}
