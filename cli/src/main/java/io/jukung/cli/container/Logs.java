package io.jukung.cli.container;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung logs}: prints a container's log. */
@Command(
    name = "logs",
    description =
        "Prints what a container has written: its standard output to standard output, its standard"
            + " error to standard error.",
    mixinStandardHelpOptions = true)
public final class Logs extends ClientCommand {
  @Option(
      names = {"-f", "--follow"},
      description = "Print new output until the container ends.")
  boolean follow;

  @Option(
      names = {"-n", "--tail"},
      paramLabel = "N",
      defaultValue = "-1",
      description = "Print only the last N lines.")
  long tail;

  @Option(
      names = {"-t", "--timestamps"},
      description = "Print the time before each line.")
  boolean timestamps;

  @Parameters(paramLabel = "CONTAINER")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String container;

  public Logs(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) throws IOException, InterruptedException {
    String id = Lookup.container(connection, container).getId();
    String path =
        connection
            .containerStatus(id)
            .orElseThrow(() -> CliException.failed("no such container: " + container))
            .getLogPath();
    if (path.isEmpty()) {
      throw CliException.failed("container " + container + " has no log");
    }
    var printer = new LogPrinter(environment.out(), environment.err(), timestamps);
    try (LogFile log = new LogFile(Path.of(path), printer::print)) {
      if (tail >= 0) {
        log.skipToLast(tail);
      }
      if (follow) {
        var _ = new ContainerWatch(connection, id).followToEnd(log);
      } else {
        log.readRest();
      }
    }
    return ExitCode.OK;
  }
}
