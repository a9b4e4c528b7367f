package io.jukung.runtime.cli;

import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.ConfigException;
import io.jukung.runtime.config.ConfigFile;
import io.jukung.runtime.config.ConfigKeys;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks at configuration files. */
@Command(
    name = "config",
    description = "Checks and shows the daemon's configuration.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
final class ConfigCommand implements Runnable {
  private static final String FILE_HELP =
      "Else /etc/jukung/config.toml, and the defaults where that does not exist.";

  private final CliEnvironment environment;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  CommandSpec spec;

  ConfigCommand(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public void run() {
    spec.commandLine().usage(environment.out());
  }

  @Command(name = "check", description = "Tells whether the daemon would start with it.")
  int check(
      @Parameters(arity = "0..1", paramLabel = "FILE", description = FILE_HELP)
          @Nullable Path file) {
    read(file);
    environment.out().println((file == null ? "configuration" : file) + " is good");
    return ExitCode.OK;
  }

  @Command(name = "show", description = "Prints every key with the value that would hold.")
  int show(
      @Parameters(arity = "0..1", paramLabel = "FILE", description = FILE_HELP)
          @Nullable Path file) {
    ConfigKeys.flatten(read(file))
        .forEach((key, value) -> environment.out().println(key + " = " + literal(value)));
    return ExitCode.OK;
  }

  private static Config read(@Nullable Path file) {
    try {
      return file == null ? ConfigFile.readDefault(Map.of()) : ConfigFile.read(file, Map.of());
    } catch (ConfigException e) {
      throw CliException.failed(String.valueOf(e.getMessage()));
    }
  }

  private static String literal(Object value) {
    return switch (value) {
      case List<?> list ->
          list.stream().map(ConfigCommand::literal).collect(Collectors.joining(", ", "[", "]"));
      case String text -> '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
      default -> value.toString();
    };
  }
}
