package io.jukung.cli.container;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.NamedTargetsCommand;
import io.jukung.client.v1.StartRequest;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jukung start}: starts containers that do not run. */
@Command(
    name = "start",
    description = {
      "Starts containers of `jukung run` and `jukung create` that do not run.",
      "A container that has ended gets its files back, and its pod a new address."
    },
    mixinStandardHelpOptions = true)
public final class Start extends NamedTargetsCommand {
  @Parameters(arity = "1..*", paramLabel = "CONTAINER")
  List<String> containers = List.of();

  public Start(CommandContext context) {
    super(context);
  }

  @Override
  protected List<String> targets() {
    return containers;
  }

  @Override
  protected void apply(Connection connection, String name) {
    start(connection, Lookup.container(connection, name).getId());
  }

  static void start(Connection connection, String id) {
    var _ =
        connection
            .containers(Connection.CHANGE)
            .start(StartRequest.newBuilder().setContainerId(id).build());
  }
}
