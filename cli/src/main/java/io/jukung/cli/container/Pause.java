package io.jukung.cli.container;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.NamedTargetsCommand;
import io.jukung.client.v1.PauseRequest;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung pause}: freezes containers. */
@Command(
    name = "pause",
    description = "Freezes every process of running containers, until `jukung unpause`.",
    mixinStandardHelpOptions = true)
public final class Pause extends NamedTargetsCommand {
  @Option(
      names = {"-f", "--force"},
      description = "Pause containers of kubelet and other clients too.")
  boolean force;

  @Parameters(arity = "1..*", paramLabel = "CONTAINER")
  List<String> containers = List.of();

  public Pause(CommandContext context) {
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
            .pause(
                PauseRequest.newBuilder()
                    .setContainerId(Lookup.container(connection, name).getId())
                    .setAnyOwner(force)
                    .build());
  }
}
