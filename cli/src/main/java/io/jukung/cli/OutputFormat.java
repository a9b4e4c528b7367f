package io.jukung.cli;

import java.util.Locale;

/** How a list is printed. */
enum OutputFormat {
  TABLE,
  JSON;

  /** The word the option takes; picocli shows it in help. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
