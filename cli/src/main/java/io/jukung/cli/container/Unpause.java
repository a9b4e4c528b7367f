package io.jukung.cli.container;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.NamedTargetsCommand;
import io.jukung.client.v1.UnpauseRequest;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung unpause}: lets paused containers run on. */
@Command(
    name = "unpause",
    description = "Lets containers run on that were paused.",
    mixinStandardHelpOptions = true)
public final class Unpause extends NamedTargetsCommand {
  @Option(
      names = {"-f", "--force"},
      description = "Unpause containers of kubelet and other clients too.")
  boolean force;

  @Parameters(arity = "1..*", paramLabel = "CONTAINER")
  List<String> containers = List.of();

  public Unpause(CommandContext context) {
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
            .unpause(
                UnpauseRequest.newBuilder()
                    .setContainerId(Lookup.container(connection, name).getId())
                    .setAnyOwner(force)
                    .build());
  }
}
