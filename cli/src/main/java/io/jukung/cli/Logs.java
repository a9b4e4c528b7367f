package io.jukung.cli;

import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Prints a container's log. */
@Command(
    name = "logs",
    description = "Prints what a container wrote, each stream to its own.",
    mixinStandardHelpOptions = true)
final class Logs implements Callable<Integer> {
  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on until the container ends.")
  boolean follow;

  @Option(
      names = {"-n", "--tail"},
      paramLabel = "N",
      defaultValue = "-1",
      description = "Only the last N lines.")
  long tail;

  @Option(
      names = {"-t", "--timestamps"},
      description = "Each line's time before it.")
  boolean timestamps;

  @Parameters(paramLabel = "CONTAINER")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String container;

  Logs(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (Connection connection = jukung.connect()) {
      String id = Lookup.container(connection, container).getId();
      ContainerStatus status =
          connection
              .runtime()
              .containerStatus(ContainerStatusRequest.newBuilder().setContainerId(id).build())
              .getStatus();
      if (status.getLogPath().isEmpty()) {
        throw CliException.failed("container " + container + " has no log");
      }
      var printer = new LogPrinter(environment.out(), environment.err(), timestamps);
      try (LogFile log = new LogFile(Path.of(status.getLogPath()), printer::print)) {
        if (tail >= 0) {
          log.skipToLast(tail);
        }
        if (follow) {
          new ContainerWatch(connection, id).followToEnd(log);
        } else {
          log.readRest();
        }
      }
    }
    return ExitCode.OK;
  }
}
