package io.jukung.cli.container;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.NamedTargetsCommand;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code jukung stop}: stops containers. */
@Command(
    name = "stop",
    description = "Stops containers. The pod of a container of `jukung run` stops too.",
    mixinStandardHelpOptions = true)
public final class StopContainer extends NamedTargetsCommand {
  @Mixin
  @SuppressWarnings("NullAway.Init") // set by picocli
  StopTime time;

  @Parameters(arity = "1..*", paramLabel = "CONTAINER")
  List<String> containers = List.of();

  public StopContainer(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    time.check();
  }

  @Override
  protected List<String> targets() {
    return containers;
  }

  @Override
  protected void apply(Connection connection, String name) throws InterruptedException {
    ContainerTeardown.stopWithPod(connection, Lookup.container(connection, name), time);
  }
}
