package io.jukung.e2e.node;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * CRIU, which saves the memory of processes: the file that the system property {@code e2e.criu} or
 * the variable {@code E2E_CRIU} names, or else the one that {@code e2e/criu} has unpacked, or else
 * the one that is installed.
 */
public final class CriuProgram {
  private static final int LEAST_VERSION = 4;
  private static final Pattern VERSION = Pattern.compile("Version: ([0-9]+)\\.");

  private CriuProgram() {}

  /** Why tests are skipped for which {@link #find} finds nothing. */
  public static String missing() {
    return "there is no CRIU of version " + LEAST_VERSION + " or later at " + path();
  }

  /** The program; empty if it is not there, or older than what jukung needs. */
  public static Optional<Path> find() throws IOException {
    Path program = path();
    if (!Files.isExecutable(program)) {
      return Optional.empty();
    }
    Process process =
        new ProcessBuilder(program.toString(), "--version").redirectErrorStream(true).start();
    try (InputStream output = process.getInputStream()) {
      Matcher number = VERSION.matcher(new String(output.readAllBytes(), UTF_8));
      return number.find() && Integer.parseInt(number.group(1)) >= LEAST_VERSION
          ? Optional.of(program)
          : Optional.empty();
    }
  }

  private static Path path() {
    Path unpacked = Path.of("target/criu/criu").toAbsolutePath();
    String usual = Files.exists(unpacked) ? unpacked.toString() : "/usr/sbin/criu";
    String variable = System.getenv().getOrDefault("E2E_CRIU", usual);
    return Path.of(System.getProperty("e2e.criu", variable));
  }
}
