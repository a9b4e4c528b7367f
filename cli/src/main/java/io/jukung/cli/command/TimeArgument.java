package io.jukung.cli.command;

import io.jukung.cri.docker.DockerMoment;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;

/** Points in time as users write them on the command line. */
public final class TimeArgument {
  private static final long NANOS = 1_000_000_000L;

  private TimeArgument() {}

  /**
   * As {@link #parse}, in nanoseconds since the epoch.
   *
   * @throws CliException with the exit code for wrong usage
   */
  public static long nanos(String option, String text, InstantSource clock) {
    Instant time = parse(option, text, clock.instant());
    try {
      return Math.addExact(Math.multiplyExact(time.getEpochSecond(), NANOS), time.getNano());
    } catch (ArithmeticException e) {
      throw CliException.usage(option + ": the time is out of range: \"" + text + "\"");
    }
  }

  /**
   * Reads a point in time in docker's forms ({@link DockerMoment}).
   *
   * @param option for the error text
   * @throws CliException with the exit code for wrong usage
   */
  public static Instant parse(String option, String text, Instant now) {
    try {
      return DockerMoment.parse(text, now);
    } catch (DateTimeException e) {
      throw CliException.usage(
          option
              + ": not a time: \""
              + text
              + "\" (write 10m, 1h30m, seconds since 1970, or 2026-11-30T08:00:00Z)");
    }
  }
}
