package io.jukung.cli.container;

import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.text.ShortId;
import io.jukung.client.v1.StartRequest;
import io.jukung.cri.log.LogFile;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung start}: starts containers that do not run. */
@Command(
    name = "start",
    description = {
      "Starts containers of `jukung run` and `jukung create` that do not run.",
      "A container that has ended gets its files back, and its pod a new address."
    },
    mixinStandardHelpOptions = true)
public final class Start extends ClientCommand {
  @Option(
      names = {"-a", "--attach"},
      description = "Print what the container writes, until it ends, and exit with its exit code.")
  boolean attach;

  @Option(
      names = {"-i", "--interactive"},
      description =
          "Send the container what is typed. What the container writes in its first moment is only"
              + " in its log.")
  boolean interactive;

  @Parameters(arity = "1..*", paramLabel = "CONTAINER")
  List<String> containers = List.of();

  public Start(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    if ((attach || interactive) && containers.size() > 1) {
      throw CliException.usage("-a and -i take one container");
    }
  }

  @Override
  protected int run(Connection connection) throws IOException, InterruptedException {
    if (attach || interactive) {
      Container container = Lookup.container(connection, containers.getFirst());
      return interactive ? attached(connection, container.getId()) : shown(connection, container);
    }
    int exitCode = ExitCode.OK;
    for (String name : containers) {
      try {
        start(connection, Lookup.container(connection, name).getId());
        out().println(name);
      } catch (CliException e) {
        environment.printError(e.getMessage());
        exitCode = ExitCode.FAILED;
      } catch (StatusRuntimeException e) {
        environment.printError(connection.sentence(e));
        exitCode = ExitCode.FAILED;
      }
    }
    return exitCode;
  }

  private int attached(Connection connection, String id) throws IOException, InterruptedException {
    start(connection, id);
    return Attach.attach(environment, connection, id, /* withInput= */ true);
  }

  /** Prints what the container adds to its log. A signal to this process stops the container. */
  private int shown(Connection connection, Container container)
      throws IOException, InterruptedException {
    String id = container.getId();
    String path = connection.containerStatus(id).map(ContainerStatus::getLogPath).orElse("");
    if (path.isEmpty()) {
      throw CliException.failed("container " + ShortId.of(id) + " has no log, use -i");
    }
    var printer = new LogPrinter(environment.out(), environment.err(), false);
    try (LogFile log = new LogFile(Path.of(path), printer::print)) {
      log.skipToLast(0);
      start(connection, id);
      var interruption =
          Interruption.stopping(environment, connection, id, StopTime.ofContainer(container));
      try {
        Optional<ContainerStatus> end = new ContainerWatch(connection, id).followToEnd(log);
        return end.map(ContainerStatus::getExitCode)
            .orElseThrow(
                () ->
                    CliException.withExitCode(
                        ExitCode.USAGE,
                        "container " + ShortId.of(id) + " was removed while it ran"));
      } finally {
        interruption.over();
      }
    }
  }

  static void start(Connection connection, String id) {
    var _ =
        connection
            .containers(Connection.CHANGE)
            .start(StartRequest.newBuilder().setContainerId(id).build());
  }
}
