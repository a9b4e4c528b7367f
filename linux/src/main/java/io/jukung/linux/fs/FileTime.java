package io.jukung.linux.fs;

/** A time of a file: seconds since 1970 UTC, negative before, and nanoseconds from 0 to 1e9-1. */
public record FileTime(long seconds, int nanoseconds) {
  public FileTime {
    if (nanoseconds < 0 || nanoseconds > 999_999_999) {
      throw new IllegalArgumentException("nanoseconds of a second: " + nanoseconds);
    }
  }
}
