package io.jukung.linux.fs;

/**
 * A time of a file: seconds since 1970 in UTC, negative before that, and nanoseconds from 0 to
 * 999,999,999.
 */
public record FileTime(long seconds, int nanoseconds) {
  public FileTime {
    if (nanoseconds < 0 || nanoseconds > 999_999_999) {
      throw new IllegalArgumentException("nanoseconds of a second: " + nanoseconds);
    }
  }
}
