package io.jukung.runtime.command;

import io.jukung.cri.CriException;
import io.jukung.image.registry.RegistryHosts;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.ConfigException;
import io.jukung.runtime.config.ConfigFile;
import io.jukung.runtime.config.ConfigKeys;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** {@code jukung config}: checks and shows configuration files. */
final class ConfigCommand {
  private static final String HELP =
      """
      Usage: jukung config check [FILE]
             jukung config dump [FILE]
             jukung config default
      Checks or shows the daemon's configuration. Without FILE: /etc/jukung/config.toml, or the
      defaults where that file does not exist. The files *.toml in the directory conf.d beside FILE
      are read after it, in the order of their names, and win key by key.
        check        Says whether the daemon would start with the file, and what is wrong with the
                       registries' files (hosts.toml) that the file names: a sentence for each
                       problem. Exits with 1 where there is a problem.
        dump         Prints every key with the value that holds. `show` is the same.
        default      Prints every key with its default.
        -h, --help   Prints this help.
      A running daemon reads its files again at SIGHUP (`systemctl reload jukung`). It takes over
      the tables log, container_log, writable_layer, shim, cni (without cache_dir), network, cdi
      and registry, server.shutdown_grace, image.registry_config_dir and image.max_downloads. The
      log names what has changed, and what needs a restart of the daemon. Files with a problem change nothing.
      """;

  /** The socket may stand before every command, and matters to no configuration. */
  private static final Map<String, String> OPTIONS = Map.of("-s", "socket", "--socket", "socket");

  private final PrintStream out;
  private final PrintStream err;

  ConfigCommand(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /** Runs the command and returns the exit code of the process. */
  int run(List<String> words) throws UsageException, ConfigException {
    Arguments arguments = Arguments.parse(words, OPTIONS);
    List<String> operands = arguments.operands();
    if (arguments.asksForHelp() || operands.isEmpty()) {
      out.print(HELP);
      return Main.OK;
    }
    if (operands.size() > 2) {
      throw new UsageException("unexpected word " + operands.get(2));
    }
    Optional<Path> file = operands.stream().skip(1).findFirst().map(Path::of);
    return switch (operands.getFirst()) {
      case "check" -> check(file);
      case "dump", "show" -> show(parse(file));
      case "default" -> {
        if (file.isPresent()) {
          throw new UsageException("unexpected word " + file.get());
        }
        yield show(Config.DEFAULTS);
      }
      default ->
          throw new UsageException(
              "config has check, dump and default, not " + operands.getFirst());
    };
  }

  private int check(Optional<Path> file) {
    List<String> problems = problems(file);
    if (problems.isEmpty()) {
      out.println(file.map(Path::toString).orElse("configuration") + " is good");
      return Main.OK;
    }
    problems.forEach(err::println);
    return Main.FAILED;
  }

  private int show(Config config) {
    ConfigKeys.flatten(config).forEach((key, value) -> out.println(key + " = " + toml(value)));
    return Main.OK;
  }

  private static List<String> problems(Optional<Path> file) {
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

  private static Config parse(Optional<Path> file) throws ConfigException {
    return file.isPresent()
        ? ConfigFile.read(file.get(), Map.of())
        : ConfigFile.readDefault(Map.of());
  }

  private static String toml(Object value) {
    return switch (value) {
      case List<?> list ->
          list.stream().map(ConfigCommand::toml).collect(Collectors.joining(", ", "[", "]"));
      case String text -> '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
      default -> value.toString();
    };
  }
}
