package io.jukung.cli.image;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.PruneCommand;
import io.jukung.cli.command.PruneFilter;
import io.jukung.cli.command.Pruning;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung image prune}: removes images that nobody uses. */
@Command(
    name = "prune",
    description =
        "Removes the images that have no tag and that no container uses. Pinned images stay.",
    mixinStandardHelpOptions = true)
public final class ImagePrune extends PruneCommand {
  @Option(
      names = {"-a", "--all"},
      description =
          "Remove tagged images, too. kubelet has to pull them again for the next pod that needs"
              + " them.")
  boolean all;

  public ImagePrune(CommandContext context) {
    super(context);
  }

  @Override
  protected List<Pruning> prunings(PruneFilter filter) {
    return List.of(new UnusedImages(filter, all));
  }
}
