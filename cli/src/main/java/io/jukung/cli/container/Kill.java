package io.jukung.cli.container;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.NamedTargetsCommand;
import io.jukung.client.v1.KillRequest;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung kill}: sends a signal to containers. */
@Command(
    name = "kill",
    description =
        "Kills running containers with all their processes, or sends another signal to their first"
            + " process.",
    mixinStandardHelpOptions = true)
public final class Kill extends NamedTargetsCommand {
  @Option(
      names = {"-s", "--signal"},
      paramLabel = "SIGNAL",
      defaultValue = "KILL",
      description = "The signal by name or number: KILL by default.")
  String signal = "KILL";

  @Option(
      names = {"-f", "--force"},
      description = "Signal containers of kubelet and other clients too.")
  boolean force;

  @Parameters(arity = "1..*", paramLabel = "CONTAINER")
  List<String> containers = List.of();

  public Kill(CommandContext context) {
    super(context);
  }

  @Override
  protected List<String> targets() {
    return containers;
  }

  @Override
  protected void apply(Connection connection, String name) {
    var _ =
        connection
            .containers(Connection.CHANGE)
            .kill(
                KillRequest.newBuilder()
                    .setContainerId(Lookup.container(connection, name).getId())
                    .setAnyOwner(force)
                    .setSignal(signal)
                    .build());
  }
}
