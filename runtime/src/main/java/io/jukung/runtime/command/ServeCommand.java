package io.jukung.runtime.command;

import io.jukung.runtime.config.ConfigException;
import io.jukung.runtime.config.ConfigFile;
import io.jukung.runtime.config.ConfigSource;
import io.jukung.runtime.server.Daemon;
import io.jukung.runtime.server.StartupException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code jukung serve}: runs the daemon until a signal ends it. */
final class ServeCommand {
  private static final String HELP =
      """
      Usage: jukung serve [-c=FILE] [--root=DIR] [--state=DIR] [-s=PATH]
                          [--log-level=LEVEL] [--set=KEY=VALUE]...
      Runs the daemon until a signal ends it; pods go on without it. SIGHUP reloads the
      configuration: `jukung config --help` says more.
        -c, --config=FILE       Configuration file, which must exist. Without this option:
                                  /etc/jukung/config.toml, or the defaults where there is none.
                                  The files conf.d/*.toml beside it are read after it.
            --root=DIR          Directory for what survives a reboot.
            --state=DIR         Directory for what does not.
        -s, --socket=PATH       The CRI socket.
            --log-level=LEVEL   error, warn, info, debug or trace.
            --set=KEY=VALUE     Any key of the configuration, as in --set cni.timeout=20s. Wins
                                  over the file; may be given several times.
            --check=FORMAT      Does not serve, but looks for what is wrong on the node, as
                                  `jukung doctor` does where no daemon runs. FORMAT is text, or json
                                  for a line of JSON for each check. Exits with 1 where there is a
                                  problem.
        -h, --help              Prints this help.
      """;

  private static final Map<String, String> OPTIONS =
      Map.of(
          "--check", "check",
          "-c", "config",
          "--config", "config",
          "--root", "root",
          "--state", "state",
          "-s", "socket",
          "--socket", "socket",
          "--log-level", "log.level",
          "--set", "set");

  private ServeCommand() {}

  /** Runs the command, and returns the exit code when the daemon has ended. */
  static int run(List<String> words, PrintStream out)
      throws UsageException, ConfigException, StartupException {
    Arguments arguments = Arguments.parse(words, OPTIONS);
    if (arguments.asksForHelp()) {
      out.print(HELP);
      return Main.OK;
    }
    if (!arguments.operands().isEmpty()) {
      throw new UsageException("unexpected word " + arguments.operands().getFirst());
    }
    ConfigSource configuration = configuration(arguments);
    Optional<String> check = arguments.last("check");
    if (check.isPresent()) {
      return new NodeCheck(configuration.read(), format(check.get())).run(out);
    }
    Daemon.serve(configuration);
    return Main.OK;
  }

  private static NodeCheck.Format format(String text) throws UsageException {
    return switch (text) {
      case "text" -> NodeCheck.Format.TEXT;
      case "json" -> NodeCheck.Format.JSON;
      default -> throw new UsageException("--check is text or json, not " + text);
    };
  }

  /** The options hold at each reading, so that a reload does not forget them. */
  private static ConfigSource configuration(Arguments arguments) throws UsageException {
    var overrides = new LinkedHashMap<String, String>();
    for (String setting : arguments.all("set")) {
      int equals = setting.indexOf('=');
      if (equals <= 0) {
        throw new UsageException("--set takes KEY=VALUE, not " + setting);
      }
      overrides.put(setting.substring(0, equals), setting.substring(equals + 1));
    }
    for (String directory : List.of("root", "state")) {
      arguments.last(directory).ifPresent(path -> overrides.put(directory, absolute(path)));
    }
    arguments.last("log.level").ifPresent(level -> overrides.put("log.level", level));
    // A unix:// in front of the path is how crictl and kubelet write a socket.
    arguments
        .last("socket")
        .map(path -> path.startsWith("unix://") ? path.substring("unix://".length()) : path)
        .ifPresent(path -> overrides.put("socket", absolute(path)));
    Optional<Path> file = arguments.last("config").map(Path::of);
    return () ->
        file.isPresent()
            ? ConfigFile.read(file.get(), overrides)
            : ConfigFile.readDefault(overrides);
  }

  /** The configuration takes absolute paths only, but a user of a shell may type relative ones. */
  private static String absolute(String path) {
    return Path.of(path).toAbsolutePath().toString();
  }
}
