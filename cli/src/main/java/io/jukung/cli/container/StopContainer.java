package io.jukung.cli.container;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.NamedTargetsCommand;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung stop}: stops containers. */
@Command(
    name = "stop",
    description = "Stops containers. The pod of a container of `jukung run` stops too.",
    mixinStandardHelpOptions = true)
public final class StopContainer extends NamedTargetsCommand {
  @Option(
      names = {"-t", "--time"},
      paramLabel = "SECONDS",
      defaultValue = "10",
      description =
          "How long a container may take to end after its stop signal, before it is killed: 10"
              + " by default, 0 kills it at once.")
  long graceSeconds;

  @Parameters(arity = "1..*", paramLabel = "CONTAINER")
  List<String> containers = List.of();

  public StopContainer(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    if (graceSeconds < 0) {
      throw CliException.usage("--time cannot be negative");
    }
  }

  @Override
  protected List<String> targets() {
    return containers;
  }

  @Override
  protected void apply(Connection connection, String name) {
    ContainerTeardown.stopWithPod(connection, Lookup.container(connection, name), graceSeconds);
  }
}
