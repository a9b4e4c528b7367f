package io.jukung.runtime.cli;

import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.ConfigException;
import io.jukung.runtime.config.ConfigFile;
import io.jukung.runtime.server.Daemon;
import io.jukung.runtime.server.StartupException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Runs the daemon. */
@Command(
    name = "serve",
    description = "Runs the daemon until a signal ends it; pods go on without it.",
    sortOptions = false,
    mixinStandardHelpOptions = true)
final class Serve implements Callable<Integer> {
  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description = "Configuration, must exist; else /etc/jukung/config.toml where it exists.")
  @Nullable Path file;

  @Option(names = "--root", paramLabel = "DIR", description = "For what survives a reboot.")
  @Nullable Path root;

  @Option(names = "--state", paramLabel = "DIR", description = "For what does not.")
  @Nullable Path state;

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      description = "error, warn, info, debug, trace.")
  @Nullable String logLevel;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description =
          "Any key of the configuration, as in --set cni.timeout=20s; wins over the file.")
  Map<String, String> settings = new LinkedHashMap<>();

  Serve(CliEnvironment environment) {}

  @Override
  public Integer call() {
    try {
      Daemon.serve(config());
      return ExitCode.OK;
    } catch (ConfigException | StartupException e) {
      throw CliException.failed(String.valueOf(e.getMessage()));
    }
  }

  private Config config() throws ConfigException {
    var overrides = new LinkedHashMap<>(settings);
    override(overrides, "root", root);
    override(overrides, "state", state);
    override(overrides, "log.level", logLevel);
    override(overrides, "socket", jukung.socket == null ? null : jukung.socketPath());
    return file == null ? ConfigFile.readDefault(overrides) : ConfigFile.read(file, overrides);
  }

  private static void override(Map<String, String> overrides, String key, @Nullable Object value) {
    if (value != null) {
      // Relative paths are the shell's business; the configuration wants absolute ones.
      overrides.put(
          key, value instanceof Path path ? path.toAbsolutePath().toString() : value.toString());
    }
  }
}
