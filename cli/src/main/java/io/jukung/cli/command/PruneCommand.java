package io.jukung.cli.command;

import io.jukung.cli.text.HumanSize;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** A command that removes unused objects after it has asked. */
public abstract class PruneCommand extends ClientCommand {
  @Option(
      names = {"-f", "--force"},
      description = "Do not ask.")
  boolean force;

  @Option(
      names = "--filter",
      paramLabel = "KEY=VALUE",
      description =
          "Remove only some: until=TIME for what is older (a time, or 24h ago), label=NAME[=VALUE]"
              + " or label!=NAME[=VALUE].")
  List<String> filters = List.of();

  protected PruneCommand(CommandContext context) {
    super(context);
  }

  /** Returns what is removed, in this order. */
  protected abstract List<Pruning> prunings(PruneFilter filter);

  @Override
  protected void checkOptions() {
    var _ = PruneFilter.of(filters, environment.clock());
  }

  @Override
  protected final int run(Connection connection) throws IOException {
    List<Pruning> all = prunings(PruneFilter.of(filters, environment.clock()));
    String warning =
        all.stream().map(Pruning::what).collect(Collectors.joining(", ", "This removes ", "."));
    if (!force && !Consent.given(environment, warning)) {
      return ExitCode.FAILED;
    }
    long freed = 0;
    for (Pruning each : all) {
      freed += each.prune(connection, environment);
    }
    if (all.stream().anyMatch(Pruning::takesSpace)) {
      out().println("Total reclaimed space: " + HumanSize.format(freed));
    }
    return ExitCode.OK;
  }
}
