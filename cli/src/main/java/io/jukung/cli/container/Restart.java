package io.jukung.cli.container;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.NamedTargetsCommand;
import io.jukung.client.v1.Condition;
import io.jukung.cri.v1.Container;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code jukung restart}: stops containers and starts them again. */
@Command(
    name = "restart",
    description =
        "Stops containers of `jukung run` and `jukung create`, and starts them again with the files"
            + " that they have.",
    mixinStandardHelpOptions = true)
public final class Restart extends NamedTargetsCommand {
  @Mixin
  @SuppressWarnings("NullAway.Init") // set by picocli
  StopTime time;

  @Parameters(arity = "1..*", paramLabel = "CONTAINER")
  List<String> containers = List.of();

  public Restart(CommandContext context) {
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
    Container container = Lookup.container(connection, name);
    // Before it is stopped: one that cannot be started again must not be stopped.
    if (Conditions.of(connection, container.getId()).filter(Condition::getOwn).isEmpty()) {
      throw CliException.failed(
          "container " + name + " was made by kubelet or another client, which alone starts it");
    }
    time.stop(connection, container);
    Start.start(connection, container.getId());
  }
}
