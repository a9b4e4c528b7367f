package io.jukung.e2e.load;

import com.google.errorprone.annotations.FormatMethod;
import java.io.PrintStream;
import java.util.Locale;

/** Where a load prints its figures while it runs. Thread-safe. */
public final class Report {
  private final PrintStream out;
  private final long start = System.nanoTime();

  public Report(PrintStream out) {
    this.out = out;
  }

  /** Prints a line that begins with the seconds since the start. */
  @FormatMethod
  public void line(String format, Object... values) {
    out.printf(
        Locale.ROOT,
        "%7.1f s  %s%n",
        (System.nanoTime() - start) / 1e9,
        String.format(Locale.ROOT, format, values));
  }
}
