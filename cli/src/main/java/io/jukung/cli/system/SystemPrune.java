package io.jukung.cli.system;

import io.jukung.cli.build.UnusedBuildCache;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.PruneCommand;
import io.jukung.cli.command.PruneFilter;
import io.jukung.cli.command.Pruning;
import io.jukung.cli.container.StoppedContainers;
import io.jukung.cli.image.UnusedImages;
import io.jukung.cli.network.UnusedNetworks;
import io.jukung.cli.volume.UnusedVolumes;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung system prune}: removes what nobody uses, of every kind. */
@Command(
    name = "prune",
    description =
        "Removes the containers of `jukung run` that do not run, the networks and the images"
            + " without a tag that no container uses, and the build cache. Containers of kubelet"
            + " and pinned images stay.",
    mixinStandardHelpOptions = true)
final class SystemPrune extends PruneCommand {
  @Option(
      names = {"-a", "--all"},
      description =
          "Remove every image that no container uses, and the directories of RUN"
              + " --mount=type=cache.")
  boolean all;

  @Option(
      names = "--volumes",
      description = "Remove anonymous volumes that no container uses, too.")
  boolean volumes;

  SystemPrune(CommandContext context) {
    super(context);
  }

  /** Containers come first: what they alone use is unused afterwards. */
  @Override
  protected List<Pruning> prunings(PruneFilter filter) {
    List<Pruning> prunings = new ArrayList<>();
    prunings.add(new StoppedContainers(filter));
    if (volumes) {
      prunings.add(new UnusedVolumes(filter, false));
    }
    prunings.add(new UnusedNetworks(filter));
    prunings.add(new UnusedImages(filter, all));
    prunings.add(new UnusedBuildCache(filter, all));
    return prunings;
  }
}
