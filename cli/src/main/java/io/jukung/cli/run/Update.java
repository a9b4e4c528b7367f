package io.jukung.cli.run;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.NamedTargetsCommand;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.UpdateContainerResourcesRequest;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code jukung update}: changes the limits of containers. */
@Command(
    name = "update",
    description =
        "Changes the limits of containers that have not ended. A limit that is not named stays.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class Update extends NamedTargetsCommand {
  @Mixin LimitOptions limits = new LimitOptions();

  @Parameters(arity = "1..*", paramLabel = "CONTAINER")
  List<String> containers = List.of();

  public Update(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    if (limits.resources().build().equals(LinuxContainerResources.getDefaultInstance())) {
      throw CliException.usage("no limit is named, such as --memory 64m");
    }
  }

  @Override
  protected List<String> targets() {
    return containers;
  }

  @Override
  protected void apply(Connection connection, String name) {
    String id = Lookup.container(connection, name).getId();
    var _ =
        connection
            .runtime(Connection.CHANGE)
            .updateContainerResources(
                UpdateContainerResourcesRequest.newBuilder()
                    .setContainerId(id)
                    .setLinux(limits.resources())
                    .build());
  }
}
