package io.jukung.cli.container;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.NamedTargetsCommand;
import io.jukung.cli.volume.AnonymousVolumes;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung rm}: removes containers. */
@Command(
    name = "rm",
    description =
        "Removes containers. The pod and the log of a container of `jukung run` are removed too.",
    mixinStandardHelpOptions = true)
public final class RemoveContainer extends NamedTargetsCommand {
  @Option(
      names = {"-f", "--force"},
      description = "Kill containers that are running, and remove them too.")
  boolean force;

  @Option(
      names = {"-v", "--volumes"},
      description = "Remove the anonymous volumes of the containers, too.")
  boolean volumes;

  @Parameters(arity = "1..*", paramLabel = "CONTAINER")
  List<String> containers = List.of();

  public RemoveContainer(CommandContext context) {
    super(context);
  }

  @Override
  protected List<String> targets() {
    return containers;
  }

  @Override
  protected void apply(Connection connection, String name) {
    Container container = Lookup.container(connection, name);
    if (container.getState() == ContainerState.CONTAINER_RUNNING && !force) {
      throw CliException.failed("container " + name + " is running, stop it or use -f");
    }
    List<String> anonymous =
        volumes ? AnonymousVolumes.of(connection, container.getId()) : List.of();
    ContainerTeardown.remove(connection, container);
    AnonymousVolumes.remove(connection, anonymous);
  }
}
