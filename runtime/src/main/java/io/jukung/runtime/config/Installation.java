package io.jukung.runtime.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The directory of the installation that contains {@code bin/jukung}. The launcher passes it in the
 * system property {@code jukung.home}; the module dist decides what is in it.
 */
public record Installation(Path home) {
  private static final String HOME_PROPERTY = "jukung.home";

  /** The installation that this JVM was started from. */
  public static Installation current() throws ConfigException {
    String home = System.getProperty(HOME_PROPERTY);
    if (home == null) {
      throw new ConfigException(
          "not started by bin/jukung (no -D" + HOME_PROPERTY + "), so shim.command must be set");
    }
    return new Installation(Path.of(home));
  }

  /**
   * The command of a per-pod process: the configured one, or that of this installation. With the
   * option of the shim that the configuration sets.
   */
  public static List<String> shimCommand(Config.Shim config) throws ConfigException {
    List<String> command = new ArrayList<>(shimProgram(config));
    if (config.sleepAfter().isPositive()) {
      command.add("--sleep-after");
      command.add(Long.toString(config.sleepAfter().toMillis()));
    }
    return command;
  }

  private static List<String> shimProgram(Config.Shim config) throws ConfigException {
    if (!config.command().isEmpty()) {
      return config.command();
    }
    Path program = current().home().resolve("lib/shim/jukung-shim");
    if (!Files.isExecutable(program)) {
      throw new ConfigException(program + ": missing, the installation is damaged");
    }
    return List.of(program.toString());
  }
}
