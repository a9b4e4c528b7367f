package io.jukung.cli.container;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.client.v1.AwaitRequest;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jukung wait}: waits until containers do not run. */
@Command(
    name = "wait",
    description = "Waits until each of the containers has ended, and prints their exit codes.",
    mixinStandardHelpOptions = true)
public final class Wait extends ClientCommand {
  @Parameters(arity = "1..*", paramLabel = "CONTAINER")
  List<String> containers = List.of();

  public Wait(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    List<String> ids =
        containers.stream().map(name -> Lookup.container(connection, name).getId()).toList();
    for (String id : ids) {
      AwaitRequest request = AwaitRequest.newBuilder().setContainerId(id).build();
      out().println(connection.containersWithoutDeadline().await(request).getExitCode());
    }
    return ExitCode.OK;
  }
}
