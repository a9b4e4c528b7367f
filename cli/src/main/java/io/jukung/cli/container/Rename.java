package io.jukung.cli.container;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.client.v1.RenameRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jukung rename}: gives a container another name. */
@Command(
    name = "rename",
    description =
        "Gives a container of `jukung run` or `jukung create`, and its pod, another name.",
    mixinStandardHelpOptions = true)
public final class Rename extends ClientCommand {
  @Parameters(index = "0", paramLabel = "CONTAINER")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String container;

  @Parameters(index = "1", paramLabel = "NAME")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String name;

  public Rename(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    var _ =
        connection
            .containers()
            .rename(
                RenameRequest.newBuilder()
                    .setContainerId(Lookup.container(connection, container).getId())
                    .setName(name)
                    .build());
    return ExitCode.OK;
  }
}
