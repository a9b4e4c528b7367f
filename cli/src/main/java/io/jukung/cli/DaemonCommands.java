package io.jukung.cli;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The commands that {@code bin/jukung} hands to the daemon's own main class, {@code
 * io.jukung.runtime.command.Main}. They stand here for the list of commands in the help and for
 * shell completion alone; whoever reaches them has started the client without {@code bin/jukung}.
 */
final class DaemonCommands {
  private DaemonCommands() {}

  private static void refuse(String command) {
    throw CliException.failed(
        "the client cannot run `" + command + "`: start it by bin/jukung, which runs the daemon");
  }

  /** {@code jukung serve}. */
  @Command(
      name = "serve",
      description = "Runs the daemon until a signal ends it; pods go on without it.",
      sortOptions = false,
      mixinStandardHelpOptions = true)
  static final class Serve implements Runnable {
    @Option(
        names = {"-c", "--config"},
        paramLabel = "FILE",
        description = "The configuration file.")
    @Nullable Path file;

    @Option(names = "--root", paramLabel = "DIR", description = "For what survives a reboot.")
    @Nullable Path root;

    @Option(names = "--state", paramLabel = "DIR", description = "For what does not.")
    @Nullable Path state;

    @Option(
        names = "--log-level",
        paramLabel = "LEVEL",
        description = "error, warn, info, debug or trace.")
    @Nullable String logLevel;

    @Option(
        names = "--set",
        paramLabel = "KEY=VALUE",
        description = "Any key of the configuration.")
    @Nullable List<String> settings;

    @Override
    public void run() {
      refuse("jukung serve");
    }
  }

  /** {@code jukung config}. */
  @Command(
      name = "config",
      description = "Checks and shows the daemon's configuration.",
      synopsisSubcommandLabel = "COMMAND",
      mixinStandardHelpOptions = true)
  static final class Config implements Runnable {
    @Command(name = "check", description = "Says whether the daemon would start with it.")
    void check(@Parameters(arity = "0..1", paramLabel = "FILE") @Nullable Path file) {
      refuse("jukung config check");
    }

    @Command(name = "show", description = "Prints every key with the value that holds.")
    void show(@Parameters(arity = "0..1", paramLabel = "FILE") @Nullable Path file) {
      refuse("jukung config show");
    }

    @Override
    public void run() {
      refuse("jukung config");
    }
  }
}
