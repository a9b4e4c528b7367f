package io.jukung.cli.volume;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.PruneCommand;
import io.jukung.cli.command.PruneFilter;
import io.jukung.cli.command.Pruning;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung volume prune}: removes volumes that no container uses. */
@Command(
    name = "prune",
    description = "Removes the anonymous volumes that no container uses, with their content.",
    mixinStandardHelpOptions = true)
final class VolumePrune extends PruneCommand {
  @Option(
      names = {"-a", "--all"},
      description = "Remove named volumes, too.")
  boolean all;

  VolumePrune(CommandContext context) {
    super(context);
  }

  @Override
  protected List<Pruning> prunings(PruneFilter filter) {
    return List.of(new UnusedVolumes(filter, all));
  }
}
