package io.jukung.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;

/**
 * Where a command reads and writes.
 *
 * @param interactive whether standard error is a terminal that progress may be drawn on
 */
record CliEnvironment(
    InputStream in,
    PrintStream out,
    PrintStream err,
    boolean interactive,
    Map<String, String> variables,
    InstantSource clock) {

  private static final int DEFAULT_COLUMNS = 80;
  private static final int MAX_COLUMNS = 500;

  static CliEnvironment ofProcess() {
    return new CliEnvironment(
        System.in,
        System.out,
        System.err,
        isTerminal(2) && !"dumb".equals(System.getenv("TERM")),
        System.getenv(),
        InstantSource.system());
  }

  /** The same without a place for progress. */
  CliEnvironment quiet() {
    return new CliEnvironment(
        in, out, new PrintStream(OutputStream.nullOutputStream()), false, variables, clock);
  }

  int columns() {
    String columns = variables.getOrDefault("COLUMNS", "");
    return columns.matches("[1-9]\\d{1,3}")
        ? Math.min(Integer.parseInt(columns), MAX_COLUMNS)
        : DEFAULT_COLUMNS;
  }

  // System.console() tells of standard input and output only.
  private static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false; // closed, or no /proc: plain lines are right for both
    }
  }
}
