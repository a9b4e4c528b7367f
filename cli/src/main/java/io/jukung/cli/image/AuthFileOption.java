package io.jukung.cli.image;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The file in which logins are kept. */
final class AuthFileOption {
  @Option(
      names = "--authfile",
      paramLabel = "FILE",
      description =
          "The file that keeps the login. Without this option, config.json in the directory that"
              + " DOCKER_CONFIG names, or ~/.docker/config.json.")
  @Nullable Path file;

  /** Returns the absolute path. */
  String path(CliEnvironment environment) {
    if (file != null) {
      return environment.absolute(file).toString();
    }
    String configured = environment.variables().getOrDefault("DOCKER_CONFIG", "");
    if (!configured.isEmpty()) {
      return environment.absolute(Path.of(configured).resolve("config.json")).toString();
    }
    String home = environment.variables().getOrDefault("HOME", "");
    if (home.isEmpty()) {
      throw CliException.usage("there is no HOME to keep a login in: use --authfile");
    }
    return environment.absolute(Path.of(home).resolve(".docker/config.json")).toString();
  }
}
