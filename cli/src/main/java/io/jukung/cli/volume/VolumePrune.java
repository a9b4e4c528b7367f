package io.jukung.cli.volume;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Consent;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.text.HumanSize;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung volume prune}: removes volumes that no container uses. */
@Command(
    name = "prune",
    description = "Removes the anonymous volumes that no container uses, with their content.",
    mixinStandardHelpOptions = true)
final class VolumePrune extends ClientCommand {
  @Option(
      names = {"-a", "--all"},
      description = "Remove named volumes, too.")
  boolean all;

  @Option(
      names = {"-f", "--force"},
      description = "Do not ask.")
  boolean force;

  @Option(
      names = "--filter",
      paramLabel = "NAME=VALUE",
      description = "Remove only some volumes: label=NAME[=VALUE] or label!=NAME[=VALUE].")
  List<String> filters = List.of();

  VolumePrune(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    var _ = VolumeFilter.of(filters);
  }

  @Override
  protected int run(Connection connection) throws IOException {
    UnusedVolumes unused = new UnusedVolumes(VolumeFilter.of(filters), all);
    int count = unused.find(connection).size();
    String warning =
        "This removes %d volumes that no container uses, with their content.".formatted(count);
    if (!force && count > 0 && !Consent.given(environment, warning)) {
      return ExitCode.FAILED;
    }
    long freed = unused.prune(connection, environment);
    out().println("Total reclaimed space: " + HumanSize.format(freed));
    return ExitCode.OK;
  }
}
