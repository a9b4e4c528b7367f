package io.jukung.cli;

import io.grpc.StatusRuntimeException;
import io.jukung.cri.client.Release;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The one main class. */
@Command(
    name = "jukung",
    description = "Runs pods and containers: a Kubernetes CRI runtime, and a client of it.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Jukung.ReleaseVersion.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    footer = {
      "",
      "A container is named by its ID, the beginning of it, or its name; a pod likewise.",
      "`jukung COMMAND --help` tells more."
    })
public final class Jukung implements Runnable {
  private static final String DEFAULT_SOCKET = "/run/jukung/jukung.sock";

  /** Everything after their first word belongs to the container. */
  private static final Set<String> TAKE_A_COMMAND_LINE = Set.of("run", "exec");

  /** In the order of the help. */
  private static final Map<String, Function<CliEnvironment, Object>> COMMANDS = commands();

  private final CliEnvironment environment;

  @Option(
      names = {"-s", "--socket"},
      paramLabel = "PATH",
      scope = ScopeType.INHERIT,
      description =
          "The CRI socket; else the environment's JUKUNG_SOCKET, else " + DEFAULT_SOCKET + ".")
  @Nullable String socket;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  CommandSpec spec;

  private Jukung(CliEnvironment environment) {
    this.environment = environment;
  }

  public static void main(String[] arguments) {
    int exitCode = run(CliEnvironment.ofProcess(), arguments);
    System.out.flush();
    System.exit(exitCode);
  }

  static int run(CliEnvironment environment, String... arguments) {
    Jukung jukung = new Jukung(environment);
    CommandLine line = new CommandLine(jukung);
    // Looking at the annotations of all commands takes longer than most of them: only the one that
    // is asked for is looked at.
    String wanted = firstWord(arguments);
    for (var command : COMMANDS.entrySet()) {
      if (!COMMANDS.containsKey(wanted) || command.getKey().equals(wanted)) {
        line.addSubcommand(command.getKey(), command.getValue().apply(environment));
      }
    }
    line.getSubcommands()
        .forEach((name, sub) -> sub.setStopAtPositional(TAKE_A_COMMAND_LINE.contains(name)));
    return line.setOut(new PrintWriter(environment.out(), true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(environment.err(), true, StandardCharsets.UTF_8))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((e, _) -> jukung.wrongUsage(e))
        .setExecutionExceptionHandler((e, _, _) -> jukung.failure(e))
        .execute(arguments);
  }

  private static String firstWord(String... arguments) {
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i].equals("-s") || arguments[i].equals("--socket")) {
        i++; // its value
      } else if (!arguments[i].startsWith("-")) {
        return arguments[i];
      }
    }
    return "";
  }

  @Override
  public void run() {
    spec.commandLine().usage(environment.out());
  }

  private static Map<String, Function<CliEnvironment, Object>> commands() {
    var commands = new LinkedHashMap<String, Function<CliEnvironment, Object>>();
    commands.put("run", Run::new);
    commands.put("ps", Ps::new);
    commands.put("logs", Logs::new);
    commands.put("exec", Exec::new);
    commands.put("attach", Attach::new);
    commands.put("port-forward", PortForward::new);
    commands.put("stop", Stop::new);
    commands.put("rm", Rm::new);
    commands.put("pods", Pods::new);
    commands.put("stopp", StopPod::new);
    commands.put("rmp", RemovePod::new);
    commands.put("images", Images::new);
    commands.put("pull", Pull::new);
    commands.put("import", Import::new);
    commands.put("export", _ -> new Export());
    commands.put("tag", Tag::new);
    commands.put("rmi", RemoveImage::new);
    commands.put("df", Df::new);
    commands.put("fsck", Fsck::new);
    commands.put("inspect", Inspect::new);
    commands.put("info", DaemonInfo::new);
    commands.put("version", Version::new);
    commands.put("serve", _ -> new DaemonCommands.Serve());
    commands.put("config", _ -> new DaemonCommands.Config());
    commands.put("completion", Completion::new);
    commands.put("ctr", Ctr::new);
    return commands;
  }

  Connection connect() {
    return Connection.open(socketPath());
  }

  Path socketPath() {
    String chosen =
        socket != null
            ? socket
            : environment.variables().getOrDefault("JUKUNG_SOCKET", DEFAULT_SOCKET);
    // As crictl and kubelet write it.
    return Path.of(chosen.startsWith("unix://") ? chosen.substring("unix://".length()) : chosen);
  }

  private int wrongUsage(ParameterException e) {
    CommandLine command = e.getCommandLine();
    boolean unknownCommand =
        e instanceof UnmatchedArgumentException && command.getCommandSpec().parent() == null;
    sentence(
        (unknownCommand
                ? String.join(" ", ((UnmatchedArgumentException) e).getUnmatched())
                    + " is not a jukung command"
                : Objects.requireNonNullElse(e.getMessage(), "wrong usage"))
            + ", see `"
            + command.getCommandSpec().qualifiedName()
            + " --help`");
    return ExitCode.USAGE;
  }

  private int failure(Exception failure) {
    return switch (failure) {
      case CliException e -> {
        sentence(String.valueOf(e.getMessage()));
        yield e.exitCode();
      }
      case StatusRuntimeException e -> {
        sentence(Connection.sentence(e, socketPath()));
        yield ExitCode.FAILED;
      }
      default -> {
        sentence(failure.toString());
        yield ExitCode.FAILED;
      }
    };
  }

  private void sentence(String text) {
    environment.err().println("jukung: " + text);
  }

  /** For {@code jukung --version}. */
  static final class ReleaseVersion implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"jukung " + Release.version()};
    }
  }

  /** The whole of it, for tools that read the commands. */
  static CommandLine all(CliEnvironment environment) {
    CommandLine line = new CommandLine(new Jukung(environment));
    COMMANDS.forEach((name, command) -> line.addSubcommand(name, command.apply(environment)));
    return line;
  }

  @Command(
      name = "completion",
      description = "Prints completion for bash and zsh: source <(jukung completion)",
      mixinStandardHelpOptions = true)
  private static final class Completion implements Runnable {
    private final CliEnvironment environment;

    Completion(CliEnvironment environment) {
      this.environment = environment;
    }

    @Override
    public void run() {
      environment.out().print(AutoComplete.bash("jukung", all(environment)));
    }
  }
}
