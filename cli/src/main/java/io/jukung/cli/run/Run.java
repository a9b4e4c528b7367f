package io.jukung.cli.run;

import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.container.Attach;
import io.jukung.cli.container.ContainerWatch;
import io.jukung.cli.container.Interruption;
import io.jukung.cli.container.LogPrinter;
import io.jukung.cli.terminal.Attended;
import io.jukung.cli.text.ShortId;
import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.log.LogFile;
import io.jukung.cri.streaming.CommandStreams;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.StartContainerRequest;
import java.io.IOException;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jukung run}: runs a container in a pod of its own. */
@Command(
    name = "run",
    description =
        "Runs a container in a pod of its own, prints what it writes, and exits with its exit"
            + " code.",
    exitCodeListHeading = "Exit codes other than the container's:%n",
    exitCodeList = {
      "125:the container was not started, or was removed while it ran",
      "126:the command cannot be executed",
      "127:the command does not exist"
    },
    sortOptions = false)
public final class Run extends ClientCommand {
  @Mixin
  @SuppressWarnings("NullAway.Init") // set by picocli
  RunOptions options;

  // -h is the host name, as in docker run.
  @Option(names = "--help", usageHelp = true, description = "Print this help.")
  boolean help;

  /**
   * Whether the container outlives a failure of this client: set once an attached container has
   * been started.
   */
  private boolean startedAttached;

  public Run(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    if (!options.detach) {
      Attended.requireTerminal(environment, options.interactive, options.tty);
    }
    if (options.detach && options.remove) {
      throw CliException.usage("--rm does not go with -d: nobody would be there to remove it");
    }
    ContainerMaker.checkName(options);
  }

  @Override
  protected int run(Connection connection) throws IOException, InterruptedException {
    try {
      return runPod(connection);
    } catch (StatusRuntimeException e) {
      throw connection.startFailure(e, ExitCode.USAGE);
    }
  }

  private int runPod(Connection connection) throws IOException, InterruptedException {
    ContainerMaker.Made made = new ContainerMaker(options, environment).make(connection);
    boolean started = false;
    try {
      if (!options.detach && (options.interactive || options.tty)) {
        return attach(connection, made);
      }
      start(connection, made.id());
      started = true;
    } finally {
      if (!started && !startedAttached) {
        discard(connection, made);
      }
    }
    if (options.detach) {
      out().println(made.id());
      return ExitCode.OK;
    }
    return showOutput(connection, made);
  }

  private static void start(Connection connection, String id) {
    var _ =
        connection
            .runtime(Connection.CHANGE)
            .startContainer(StartContainerRequest.newBuilder().setContainerId(id).build());
  }

  /** Attaches to the container and then starts it, so that no output is missed. */
  private int attach(Connection connection, ContainerMaker.Made made)
      throws IOException, InterruptedException {
    String id = made.id();
    CommandStreams.End end =
        new Attended(environment, options.interactive, options.tty)
            .to(
                Attach.endpoint(connection, id, options.interactive, options.tty),
                () -> {
                  start(connection, id);
                  startedAttached = true;
                });
    if (end == null) {
      environment.printError("left " + made.request().name() + ", it runs on");
      return ExitCode.OK;
    }
    int code = Attach.exitCode(connection, id, end);
    if (options.remove) {
      discard(connection, made);
    }
    return code;
  }

  /** Prints the container's output until the container ends. A signal to this process stops it. */
  private int showOutput(Connection connection, ContainerMaker.Made made)
      throws IOException, InterruptedException {
    String id = made.id();
    long graceSeconds =
        options.stopTimeout == null ? OwnContainers.STOP_SECONDS : options.stopTimeout;
    var interruption = Interruption.stopping(environment, connection, id, graceSeconds);
    Optional<ContainerStatus> end;
    var printer = new LogPrinter(environment.out(), environment.err(), false);
    try (LogFile log = new LogFile(made.request().logFile(), printer::print)) {
      end = new ContainerWatch(connection, id).followToEnd(log);
      if (options.remove) {
        discard(connection, made);
      }
    } finally {
      interruption.over();
    }
    return end.map(this::exitCode)
        .orElseThrow(
            () ->
                CliException.withExitCode(
                    ExitCode.USAGE, "container " + ShortId.of(id) + " was removed while it ran"));
  }

  private static void discard(Connection connection, ContainerMaker.Made made) {
    ContainerMaker.discard(connection, made.podId(), made.request(), made.volumes());
  }

  private int exitCode(ContainerStatus end) {
    if (end.getReason().equals("OOMKilled")) {
      environment.printError("the container was out of memory and was killed");
    }
    return end.getExitCode();
  }
}
