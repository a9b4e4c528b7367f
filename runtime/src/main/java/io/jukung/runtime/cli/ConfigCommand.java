package io.jukung.runtime.cli;

import io.jukung.cri.CriException;
import io.jukung.image.registry.RegistryHosts;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.ConfigException;
import io.jukung.runtime.config.ConfigFile;
import io.jukung.runtime.config.ConfigKeys;
import java.io.IOException;
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

  @Command(
      name = "check",
      description =
          "Tells whether the daemon would start with it, and what is wrong with the registries' files"
              + " (hosts.toml) that it names: a sentence for each problem.")
  int check(
      @Parameters(arity = "0..1", paramLabel = "FILE", description = FILE_HELP)
          @Nullable Path file) {
    List<String> problems = problems(file);
    if (problems.isEmpty()) {
      environment.out().println((file == null ? "configuration" : file) + " is good");
      return ExitCode.OK;
    }
    problems.forEach(environment.err()::println);
    return ExitCode.FAILED;
  }

  @Command(name = "show", description = "Prints every key with the value that would hold.")
  int show(
      @Parameters(arity = "0..1", paramLabel = "FILE", description = FILE_HELP)
          @Nullable Path file) {
    ConfigKeys.flatten(read(file))
        .forEach((key, value) -> environment.out().println(key + " = " + literal(value)));
    return ExitCode.OK;
  }

  private static List<String> problems(@Nullable Path file) {
    try {
      return new RegistryHosts(parse(file).image().registryConfigDir()).problems();
    } catch (ConfigException e) {
      return e.problems();
    } catch (IOException e) {
      return List.of("registry configuration: " + e.getMessage());
    } catch (CriException e) {
      return List.of(String.valueOf(e.getMessage()));
    }
  }

  private static Config read(@Nullable Path file) {
    try {
      return parse(file);
    } catch (ConfigException e) {
      throw CliException.failed(String.valueOf(e.getMessage()));
    }
  }

  private static Config parse(@Nullable Path file) throws ConfigException {
    return file == null ? ConfigFile.readDefault(Map.of()) : ConfigFile.read(file, Map.of());
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
