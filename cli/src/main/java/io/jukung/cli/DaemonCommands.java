package io.jukung.cli;

import io.jukung.cli.command.CliException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The commands that {@code bin/jukung} hands to the main classes of the daemon and of the engine.
 * They are declared here only for the list of commands in the help and for shell completion. They
 * are run only where the client was not started by {@code bin/jukung}.
 */
final class DaemonCommands {
  private DaemonCommands() {}

  private static void refuse(String command) {
    throw CliException.failed(
        "the client cannot run `"
            + command
            + "`: use bin/jukung, which starts the daemon's program");
  }

  /** {@code jukung serve}. */
  @Command(
      name = "serve",
      description = "Runs the daemon until a signal ends it. Pods keep running without the daemon.",
      sortOptions = false,
      mixinStandardHelpOptions = true)
  static final class Serve implements Runnable {
    @Option(
        names = {"-c", "--config"},
        paramLabel = "FILE",
        description = "The configuration file.")
    @Nullable Path file;

    @Option(
        names = "--root",
        paramLabel = "DIR",
        description = "The directory for state that survives a reboot.")
    @Nullable Path root;

    @Option(
        names = "--state",
        paramLabel = "DIR",
        description = "The directory for state that does not survive a reboot.")
    @Nullable Path state;

    @Option(
        names = "--log-level",
        paramLabel = "LEVEL",
        description = "How much is logged: error, warn, info, debug or trace.")
    @Nullable String logLevel;

    @Option(
        names = "--set",
        paramLabel = "KEY=VALUE",
        description = "Set a key of the configuration; may be given several times.")
    @Nullable List<String> settings;

    @Option(
        names = "--check",
        paramLabel = "text|json",
        description = "Do not serve, but look for what is wrong on the node.")
    @Nullable String check;

    @Override
    public void run() {
      refuse("jukung serve");
    }
  }

  /** {@code jukung engine}, which has a process and a main class of its own. */
  @Command(
      name = "engine",
      description =
          "Serves the Docker Engine API for docker's clients until a signal ends it. Whoever may use"
              + " the API can do on this node what root can do.",
      sortOptions = false)
  static final class Engine implements Runnable {
    @Option(
        names = "--listen",
        paramLabel = "SOCKET",
        description = "The socket of the API, /run/jukung/docker.sock without this option.")
    @Nullable Path listen;

    @Option(
        names = "--group",
        paramLabel = "GROUP",
        description = "The group that may use the socket besides root.")
    @Nullable String group;

    @Option(
        names = "--log-directory",
        paramLabel = "DIR",
        description = "Where the containers' logs are, /var/log/jukung without this option.")
    @Nullable Path logDirectory;

    @Option(names = "--help", usageHelp = true, description = "Print this help.")
    boolean help;

    @Override
    public void run() {
      refuse("jukung engine");
    }
  }

  /** {@code jukung config}. */
  @Command(
      name = "config",
      description = "Checks or prints the daemon's configuration.",
      synopsisSubcommandLabel = "COMMAND",
      mixinStandardHelpOptions = true)
  static final class Config implements Runnable {
    @Command(
        name = "check",
        description = "Says whether the daemon would start with the configuration.")
    void check(@Parameters(arity = "0..1", paramLabel = "FILE") @Nullable Path file) {
      refuse("jukung config check");
    }

    @Command(
        name = "dump",
        aliases = "show",
        description = "Prints every key with the value that holds.")
    void dump(@Parameters(arity = "0..1", paramLabel = "FILE") @Nullable Path file) {
      refuse("jukung config dump");
    }

    @Command(name = "default", description = "Prints every key with its default.")
    void defaults() {
      refuse("jukung config default");
    }

    @Override
    public void run() {
      refuse("jukung config");
    }
  }
}
