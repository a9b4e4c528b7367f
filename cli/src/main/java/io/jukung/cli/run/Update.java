package io.jukung.cli.run;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.NamedTargetsCommand;
import io.jukung.client.v1.SetRestartPolicyRequest;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.UpdateContainerResourcesRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung update}: changes the limits of containers. */
@Command(
    name = "update",
    description =
        "Changes the limits of containers that have not ended, and the restart policy of containers"
            + " of jukung run. What is not named stays.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class Update extends NamedTargetsCommand {
  @Mixin LimitOptions limits = new LimitOptions();

  @Option(
      names = "--restart",
      paramLabel = "POLICY",
      description =
          "When the daemon starts the container again: no, on-failure[:NUMBER], always or"
              + " unless-stopped.")
  @Nullable String restart;

  @Parameters(arity = "1..*", paramLabel = "CONTAINER")
  List<String> containers = List.of();

  public Update(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    if (restart != null) {
      var _ = ExtraOptions.restart(restart);
    } else if (!changesLimits()) {
      throw CliException.usage("nothing to change is named, such as --memory 64m");
    }
  }

  private boolean changesLimits() {
    return !limits.resources().build().equals(LinuxContainerResources.getDefaultInstance());
  }

  @Override
  protected List<String> targets() {
    return containers;
  }

  @Override
  protected void apply(Connection connection, String name) {
    String id = Lookup.container(connection, name).getId();
    if (changesLimits()) {
      var _ =
          connection
              .runtime(Connection.CHANGE)
              .updateContainerResources(
                  UpdateContainerResourcesRequest.newBuilder()
                      .setContainerId(id)
                      .setLinux(limits.resources())
                      .build());
    }
    if (restart != null) {
      var _ =
          connection
              .containers(Connection.CHANGE)
              .setRestartPolicy(
                  SetRestartPolicyRequest.newBuilder()
                      .setContainerId(id)
                      .setPolicy(restart)
                      .build());
    }
  }
}
