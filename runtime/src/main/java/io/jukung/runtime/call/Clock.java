package io.jukung.runtime.call;

import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** Times as CRI has them. */
public final class Clock {
  private Clock() {}

  /** Nanoseconds since the epoch. */
  public static long now() {
    Instant now = Instant.now();
    return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
  }
}
