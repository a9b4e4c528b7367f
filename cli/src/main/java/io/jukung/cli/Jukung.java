package io.jukung.cli;

import io.grpc.StatusRuntimeException;
import io.jukung.cli.build.Build;
import io.jukung.cli.build.BuilderGroup;
import io.jukung.cli.command.Caller;
import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.completion.Complete;
import io.jukung.cli.completion.Completion;
import io.jukung.cli.container.Attach;
import io.jukung.cli.container.Checkpoint;
import io.jukung.cli.container.Diff;
import io.jukung.cli.container.Exec;
import io.jukung.cli.container.Kill;
import io.jukung.cli.container.Logs;
import io.jukung.cli.container.Pause;
import io.jukung.cli.container.Port;
import io.jukung.cli.container.RemoveContainer;
import io.jukung.cli.container.Rename;
import io.jukung.cli.container.Restart;
import io.jukung.cli.container.Start;
import io.jukung.cli.container.StopContainer;
import io.jukung.cli.container.Unpause;
import io.jukung.cli.container.Wait;
import io.jukung.cli.copy.Copy;
import io.jukung.cli.doctor.Doctor;
import io.jukung.cli.event.Events;
import io.jukung.cli.image.Commit;
import io.jukung.cli.image.Ctr;
import io.jukung.cli.image.Export;
import io.jukung.cli.image.Fsck;
import io.jukung.cli.image.History;
import io.jukung.cli.image.ImageGroup;
import io.jukung.cli.image.Images;
import io.jukung.cli.image.Import;
import io.jukung.cli.image.Load;
import io.jukung.cli.image.Login;
import io.jukung.cli.image.Logout;
import io.jukung.cli.image.Pull;
import io.jukung.cli.image.Pulls;
import io.jukung.cli.image.Push;
import io.jukung.cli.image.RemoveImage;
import io.jukung.cli.image.Save;
import io.jukung.cli.image.Tag;
import io.jukung.cli.network.NetworkGroup;
import io.jukung.cli.pod.Pods;
import io.jukung.cli.pod.PortForward;
import io.jukung.cli.pod.RemovePod;
import io.jukung.cli.pod.StopPod;
import io.jukung.cli.ps.Ps;
import io.jukung.cli.run.Create;
import io.jukung.cli.run.Run;
import io.jukung.cli.run.Update;
import io.jukung.cli.system.SystemGroup;
import io.jukung.cli.usage.Stats;
import io.jukung.cli.usage.Top;
import io.jukung.cli.volume.VolumeGroup;
import io.jukung.cri.client.Release;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The main class of the client. */
@Command(
    name = "jukung",
    description = "Runs pods and containers: a Kubernetes CRI runtime, and a client of it.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Jukung.ReleaseVersion.class,
    sortOptions = false,
    footer = {
      "",
      "A container, pod or image is given by its ID, the beginning of its ID, or its name.",
      "`jukung COMMAND --help` describes a command and its options."
    })
public final class Jukung implements Runnable {
  private static final String DEFAULT_SOCKET = "/run/jukung/jukung.sock";

  private static final String SOCKET_DESCRIPTION =
      "The daemon's CRI socket. Without this option, the value of JUKUNG_SOCKET, or "
          + DEFAULT_SOCKET
          + ".";

  /** Picocli accepts no narrower help. */
  private static final int MIN_HELP_COLUMNS = 55;

  private static final int MAX_HELP_COLUMNS = 200;

  /** Commands after whose first operand every word belongs to the container's command. */
  private static final Set<String> TAKE_A_COMMAND_LINE = Set.of("run", "create", "exec");

  /** The commands, in the order in which the help lists them. */
  private static final Map<String, Function<CommandContext, Object>> COMMANDS = commands();

  private final CliEnvironment environment;
  private final CommandContext context;

  @Option(
      names = {"-s", "--socket"},
      paramLabel = "PATH",
      description = SOCKET_DESCRIPTION)
  @Nullable String socket;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  CommandSpec spec;

  private Jukung(CliEnvironment environment) {
    this.environment = environment;
    this.context = new CommandContext(environment, this::socketPath);
  }

  public static void main(String[] arguments) {
    int exitCode = run(CliEnvironment.ofProcess(), arguments);
    System.out.flush();
    System.exit(exitCode);
  }

  static int run(CliEnvironment environment, String... arguments) {
    Jukung jukung = new Jukung(environment);
    CommandLine line = jukung.commandLine(neededCommands(arguments));
    ValueConverters.register(line);
    layOutHelp(line, environment);
    return line.setOut(new PrintWriter(environment.out(), true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(environment.err(), true, StandardCharsets.UTF_8))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((e, _) -> jukung.wrongUsage(e))
        .setExecutionExceptionHandler((e, _, _) -> jukung.failure(e))
        .execute(arguments);
  }

  /** Makes the command line with these commands. */
  private CommandLine commandLine(Set<String> names) {
    CommandLine line = new CommandLine(this);
    COMMANDS.forEach(
        (name, command) -> {
          if (names.contains(name)) {
            line.addSubcommand(name, command.apply(context));
          }
        });
    line.getSubcommands()
        .forEach((name, sub) -> sub.setStopAtPositional(TAKE_A_COMMAND_LINE.contains(name)));
    addCommonOptions(line);
    return line;
  }

  /** Lays the help out for the terminal that shows it; for other output always in the same way. */
  private static void layOutHelp(CommandLine line, CliEnvironment environment) {
    Caller.Display display = environment.caller().display();
    boolean bold =
        display.terminal()
            && !environment.variables().containsKey("NO_COLOR")
            && !"dumb".equals(environment.variables().get("TERM"));
    line.setUsageHelpWidth(Math.clamp(display.columns(), MIN_HELP_COLUMNS, MAX_HELP_COLUMNS))
        .setColorScheme(CommandLine.Help.defaultColorScheme(bold ? Ansi.ON : Ansi.OFF));
  }

  /**
   * Returns the commands that have to be added to the command line. Reading the annotations of all
   * commands takes longer than running most of them, so all are added only for the help and where
   * the command is misspelt.
   */
  private static Set<String> neededCommands(String... arguments) {
    String wanted = firstWord(arguments);
    if (COMMANDS.containsKey(wanted)) {
      return Set.of(wanted);
    }
    List<String> words = List.of(arguments);
    boolean onlyVersion = words.equals(List.of("--version")) || words.equals(List.of("-V"));
    return onlyVersion ? Set.of() : COMMANDS.keySet();
  }

  /**
   * Lets {@code --version} and {@code --socket} stand after a command too. The short {@code -s}
   * stands only before it, because {@code -s} is an option of several of docker's commands and
   * would be taken for a socket.
   */
  private void addCommonOptions(CommandLine line) {
    // A set, because a command stands there once for each of its aliases.
    for (CommandLine command : Set.copyOf(line.getSubcommands().values())) {
      command
          .getCommandSpec()
          .versionProvider(new ReleaseVersion())
          .addOption(
              OptionSpec.builder("--socket")
                  .type(String.class)
                  .paramLabel("PATH")
                  .description(SOCKET_DESCRIPTION)
                  .setter(this::setSocket)
                  .build());
      addCommonOptions(command);
    }
  }

  /** Keeps the socket where picocli resets the option of a command, with null, before it parses. */
  @SuppressWarnings("TypeParameterUnusedInFormals") // picocli's interface
  private <T> @Nullable T setSocket(@Nullable T path) {
    if (path != null) {
      socket = String.valueOf(path);
    }
    return null;
  }

  private static String firstWord(String... arguments) {
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i].equals("-s") || arguments[i].equals("--socket")) {
        i++; // Skips the value.
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

  private static Map<String, Function<CommandContext, Object>> commands() {
    var commands = new LinkedHashMap<String, Function<CommandContext, Object>>();
    commands.put("run", Run::new);
    commands.put("ps", Ps::new);
    commands.put("logs", Logs::new);
    commands.put("exec", Exec::new);
    commands.put("attach", Attach::new);
    commands.put("port-forward", PortForward::new);
    commands.put("create", Create::new);
    commands.put("start", Start::new);
    commands.put("stop", StopContainer::new);
    commands.put("restart", Restart::new);
    commands.put("kill", Kill::new);
    commands.put("pause", Pause::new);
    commands.put("unpause", Unpause::new);
    commands.put("checkpoint", Checkpoint::new);
    commands.put("wait", Wait::new);
    commands.put("rename", Rename::new);
    commands.put("update", Update::new);
    commands.put("cp", Copy::new);
    commands.put("diff", Diff::new);
    commands.put("top", Top::new);
    commands.put("port", Port::new);
    commands.put("rm", RemoveContainer::new);
    commands.put("pods", Pods::new);
    commands.put("stopp", StopPod::new);
    commands.put("rmp", RemovePod::new);
    commands.put("build", Build::new);
    commands.put("builder", BuilderGroup::of);
    commands.put("commit", Commit::new);
    commands.put("history", History::new);
    commands.put("images", Images::new);
    commands.put("pull", Pull::new);
    commands.put("pulls", Pulls::new);
    commands.put("push", Push::new);
    commands.put("login", Login::new);
    commands.put("logout", Logout::new);
    commands.put("import", Import::new);
    commands.put("export", Export::new);
    commands.put("load", Load::new);
    commands.put("save", Save::new);
    commands.put("tag", Tag::new);
    commands.put("rmi", RemoveImage::new);
    commands.put("image", ImageGroup::of);
    commands.put("container", ContainerGroup::of);
    commands.put("volume", VolumeGroup::of);
    commands.put("network", NetworkGroup::of);
    commands.put("system", context -> SystemGroup.of(context, new DaemonInfo(context)));
    commands.put("df", Df::new);
    commands.put("fsck", Fsck::new);
    commands.put("inspect", Inspect::new);
    commands.put("stats", Stats::new);
    commands.put("events", Events::new);
    commands.put("doctor", Doctor::new);
    commands.put("info", DaemonInfo::new);
    commands.put("version", Version::new);
    commands.put("serve", _ -> new DaemonCommands.Serve());
    commands.put("engine", _ -> new DaemonCommands.Engine());
    commands.put("config", _ -> new DaemonCommands.Config());
    commands.put("completion", Completion::new);
    commands.put(Complete.NAME, context -> new Complete(context, () -> all(context.environment())));
    commands.put("ctr", Ctr::new);
    return commands;
  }

  private Path socketPath() {
    String chosen =
        socket != null
            ? socket
            : environment.variables().getOrDefault("JUKUNG_SOCKET", DEFAULT_SOCKET);
    // Crictl and kubelet write the path as a URL.
    return Path.of(chosen.startsWith("unix://") ? chosen.substring("unix://".length()) : chosen);
  }

  private int wrongUsage(ParameterException e) {
    environment.printError(UsageError.sentence(e));
    return ExitCode.USAGE;
  }

  private int failure(Exception failure) {
    return switch (failure) {
      case CliException e when e.exitCode() == ExitCode.OUTPUT_CLOSED -> e.exitCode();
      case CliException e -> {
        environment.printError(String.valueOf(e.getMessage()));
        yield e.exitCode();
      }
      case StatusRuntimeException e -> {
        environment.printError(Connection.sentence(e, socketPath()));
        yield ExitCode.FAILED;
      }
      default -> {
        environment.printError(failure.toString());
        yield ExitCode.FAILED;
      }
    };
  }

  /** Answers {@code jukung --version}. */
  static final class ReleaseVersion implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"jukung " + Release.version()};
    }
  }

  /** Returns the command line with all commands, for completion, manual pages and tests. */
  static CommandLine all(CliEnvironment environment) {
    return new Jukung(environment).commandLine(COMMANDS.keySet());
  }
}
