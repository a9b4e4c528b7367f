package io.jukung.cli.network;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Consent;
import io.jukung.cli.command.ExitCode;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung network prune}: removes networks that no container uses. */
@Command(
    name = "prune",
    description = "Removes the networks that no container uses, whether it runs or not.",
    mixinStandardHelpOptions = true)
final class NetworkPrune extends ClientCommand {
  @Option(
      names = {"-f", "--force"},
      description = "Do not ask.")
  boolean force;

  @Option(
      names = "--filter",
      paramLabel = "NAME=VALUE",
      description = "Remove only some networks: label=NAME[=VALUE] or label!=NAME[=VALUE].")
  List<String> filters = List.of();

  NetworkPrune(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    var _ = NetworkFilter.of(filters);
  }

  @Override
  protected int run(Connection connection) throws IOException {
    UnusedNetworks unused = new UnusedNetworks(NetworkFilter.of(filters));
    int count = unused.find(connection).size();
    String warning = "This removes %d networks that no container uses.".formatted(count);
    if (!force && count > 0 && !Consent.given(environment, warning)) {
      return ExitCode.FAILED;
    }
    var _ = unused.prune(connection, environment);
    return ExitCode.OK;
  }
}
