package io.jukung.cli.container;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.PruneCommand;
import io.jukung.cli.command.PruneFilter;
import io.jukung.cli.command.Pruning;
import java.util.List;
import picocli.CommandLine.Command;

/** {@code jukung container prune}: removes containers that do not run. */
@Command(
    name = "prune",
    description =
        "Removes the containers of `jukung run` and `jukung create` that do not run, with their pods"
            + " and logs. Volumes stay, and so do containers of kubelet.",
    mixinStandardHelpOptions = true)
public final class ContainerPrune extends PruneCommand {
  public ContainerPrune(CommandContext context) {
    super(context);
  }

  @Override
  protected List<Pruning> prunings(PruneFilter filter) {
    return List.of(new StoppedContainers(filter));
  }
}
