package io.jukung.cli.image;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Consent;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.PruneFilter;
import io.jukung.cli.text.HumanSize;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung image prune}: removes images that nobody uses. */
@Command(
    name = "prune",
    description =
        "Removes the images that have no tag and that no container uses. Pinned images stay.",
    mixinStandardHelpOptions = true)
public final class ImagePrune extends ClientCommand {
  @Option(
      names = {"-a", "--all"},
      description =
          "Remove tagged images, too. kubelet has to pull them again for the next pod that needs"
              + " them.")
  boolean all;

  @Option(
      names = {"-f", "--force"},
      description = "Do not ask.")
  boolean force;

  @Option(
      names = "--filter",
      paramLabel = "KEY=VALUE",
      description =
          "Remove only some: until=TIME for those that were made before, label=NAME[=VALUE] or"
              + " label!=NAME[=VALUE].")
  List<String> filters = List.of();

  public ImagePrune(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    var _ = PruneFilter.of(filters, environment.clock());
  }

  @Override
  protected int run(Connection connection) throws IOException {
    UnusedImages images = new UnusedImages(PruneFilter.of(filters, environment.clock()), all);
    int count = images.find(connection).size();
    String warning = "This removes %d images that no container uses.".formatted(count);
    if (!force && count > 0 && !Consent.given(environment, warning)) {
      return ExitCode.FAILED;
    }
    long freed = images.prune(connection, environment);
    out().println("Total reclaimed space: " + HumanSize.format(freed));
    return ExitCode.OK;
  }
}
