package io.jukung.cli.command;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The streams, variables and clock of a command, and the process that the command runs for. Nothing
 * else of a command may look at the JVM's own streams, variables or working directory, because they
 * are not the user's in the resident client.
 *
 * @param interactive whether standard error is a terminal on which progress can be drawn
 */
public record CliEnvironment(
    InputStream in,
    PrintStream out,
    PrintStream err,
    boolean interactive,
    Map<String, String> variables,
    InstantSource clock,
    Caller caller) {

  private static final int DEFAULT_COLUMNS = 80;
  private static final int MAX_COLUMNS = 500;

  public static CliEnvironment ofProcess() {
    return new CliEnvironment(
        System.in,
        System.out,
        System.err,
        canShowProgress(2, System.getenv()),
        System.getenv(),
        InstantSource.system(),
        new OwnProcess());
  }

  /** Returns the same environment, except that standard error and all progress are discarded. */
  public CliEnvironment quiet() {
    return new CliEnvironment(
        in, out, new PrintStream(OutputStream.nullOutputStream()), false, variables, clock, caller);
  }

  /** Prints an error, or a remark that is no output, on standard error with the program's name. */
  public void printError(@Nullable String sentence) {
    err.println("jukung: " + sentence);
  }

  /** Returns the terminal's width by the variable {@code COLUMNS}, or 80. */
  public int columns() {
    String columns = variables.getOrDefault("COLUMNS", "");
    return columns.matches("[1-9]\\d{1,3}")
        ? Math.min(Integer.parseInt(columns), MAX_COLUMNS)
        : DEFAULT_COLUMNS;
  }

  /** Returns the absolute path of a file that the user has named. */
  public Path absolute(Path named) {
    return caller.directory().resolve(named).normalize();
  }

  /** Whether progress can be drawn on a descriptor of this process. */
  public static boolean canShowProgress(int descriptor, Map<String, String> variables) {
    return isTerminal(descriptor) && !"dumb".equals(variables.get("TERM"));
  }

  // System.console() knows about standard input and output only.
  static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false; // The descriptor is closed or /proc is absent: plain lines suit both.
    }
  }
}
