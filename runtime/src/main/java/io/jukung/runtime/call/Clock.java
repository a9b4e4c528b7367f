package io.jukung.runtime.call;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The current time in the unit that CRI messages and records use. */
public final class Clock {
  private static final Path UPTIME = Path.of("/proc/uptime");
  private static final AtomicLong LATEST = new AtomicLong();

  private Clock() {}

  /** When the node was started, by the present setting of its clock. */
  public static Instant bootTime() throws IOException {
    String uptime = Files.readString(UPTIME).split(" ", 2)[0];
    return Instant.now().minus(Duration.ofMillis((long) (Double.parseDouble(uptime) * 1000)));
  }

  /** Nanoseconds since the epoch. */
  public static long now() {
    Instant now = Instant.now();
    return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
  }

  /**
   * Nanoseconds since the epoch, later than every earlier answer of this method, also if the
   * system's clock was set back meanwhile. For clients that keep the newer one of two reports.
   */
  public static long later() {
    long now = now();
    return LATEST.updateAndGet(latest -> Math.max(latest + 1, now));
  }
}
