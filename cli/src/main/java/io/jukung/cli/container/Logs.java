package io.jukung.cli.container;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.TimeArgument;
import io.jukung.cri.log.EarlierLogs;
import io.jukung.cri.log.LogFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
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

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description =
          "Print only lines from this time on: 10m or 1h30m ago, seconds since 1970, or a time such"
              + " as 2026-11-30T08:00:00Z.")
  @Nullable String since;

  @Option(
      names = "--until",
      paramLabel = "TIME",
      description = "Print only lines up to this time, written as for --since.")
  @Nullable String until;

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
    LogPeriod period = new LogPeriod(time("--since", since), time("--until", until));
    Consumer<byte[]> lines =
        line -> {
          if (period.contains(line)) {
            printer.print(line);
          }
        };
    try (LogFile log = new LogFile(Path.of(path), lines)) {
      long missing = tail < 0 ? Long.MAX_VALUE : log.skipToLast(tail);
      if (missing > 0) {
        EarlierLogs.read(log, missing);
      }
      if (follow) {
        var _ = new ContainerWatch(connection, id).followToEnd(log);
      } else {
        log.readRest();
      }
    }
    return ExitCode.OK;
  }

  private @Nullable Instant time(String option, @Nullable String text) {
    return text == null ? null : TimeArgument.parse(option, text, environment.clock().instant());
  }
}
