package io.jukung.cli.text;

import java.util.Locale;

/** The values of the option {@code -o}. */
public enum OutputFormat {
  TABLE,
  JSON;

  /** Returns the value as it is written on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
