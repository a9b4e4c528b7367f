package io.jukung.runtime.command;

import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.ConfigException;
import io.jukung.runtime.config.ConfigFile;
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
      Runs the daemon until a signal ends it; pods go on without it.
        -c, --config=FILE       Configuration file, which must exist. Without this option:
                                  /etc/jukung/config.toml, or the defaults where there is none.
            --root=DIR          Directory for what survives a reboot.
            --state=DIR         Directory for what does not.
        -s, --socket=PATH       The CRI socket.
            --log-level=LEVEL   error, warn, info, debug or trace.
            --set=KEY=VALUE     Any key of the configuration, as in --set cni.timeout=20s. Wins
                                  over the file; may be given several times.
        -h, --help              Prints this help.
      """;

  private static final Map<String, String> OPTIONS =
      Map.of(
          "-c", "config",
          "--config", "config",
          "--root", "root",
          "--state", "state",
          "-s", "socket",
          "--socket", "socket",
          "--log-level", "log.level",
          "--set", "set");

  private ServeCommand() {}

  /** Runs the command and returns when the daemon has ended. */
  static void run(List<String> words, PrintStream out)
      throws UsageException, ConfigException, StartupException {
    Arguments arguments = Arguments.parse(words, OPTIONS);
    if (arguments.asksForHelp()) {
      out.print(HELP);
      return;
    }
    if (!arguments.operands().isEmpty()) {
      throw new UsageException("unexpected word " + arguments.operands().getFirst());
    }
    Daemon.serve(config(arguments));
  }

  private static Config config(Arguments arguments) throws UsageException, ConfigException {
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
    Optional<String> file = arguments.last("config");
    return file.isPresent()
        ? ConfigFile.read(Path.of(file.get()), overrides)
        : ConfigFile.readDefault(overrides);
  }

  /** The configuration takes absolute paths only, but a user of a shell may type relative ones. */
  private static String absolute(String path) {
    return Path.of(path).toAbsolutePath().toString();
  }
}
