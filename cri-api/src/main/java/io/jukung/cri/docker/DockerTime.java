package io.jukung.cri.docker;

import java.time.Instant;

/** Times in the form of docker's JSON: RFC 3339 with nanoseconds, in UTC. */
public final class DockerTime {
  /** What docker writes for something that has not happened: Go's zero time. */
  public static final String NEVER = "0001-01-01T00:00:00Z";

  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private DockerTime() {}

  /**
   * Returns the text of a time.
   *
   * @param nanos since the epoch; 0: never
   */
  public static String of(long nanos) {
    return nanos == 0
        ? NEVER
        : Instant.ofEpochSecond(nanos / NANOS_PER_SECOND, nanos % NANOS_PER_SECOND).toString();
  }
}
