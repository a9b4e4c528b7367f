package io.jukung.cli.network;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.PruneCommand;
import io.jukung.cli.command.PruneFilter;
import io.jukung.cli.command.Pruning;
import java.util.List;
import picocli.CommandLine.Command;

/** {@code jukung network prune}: removes networks that no container uses. */
@Command(
    name = "prune",
    description = "Removes the networks that no container uses, whether it runs or not.",
    mixinStandardHelpOptions = true)
final class NetworkPrune extends PruneCommand {
  NetworkPrune(CommandContext context) {
    super(context);
  }

  @Override
  protected List<Pruning> prunings(PruneFilter filter) {
    return List.of(new UnusedNetworks(filter));
  }
}
