package io.jukung.cli.network;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Consent;
import io.jukung.cli.command.ExitCode;
import io.jukung.client.v1.ListNetworksRequest;
import io.jukung.client.v1.Network;
import io.jukung.client.v1.RemoveNetworkRequest;
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
    List<Network> unused =
        connection
            .networks()
            .listNetworks(ListNetworksRequest.getDefaultInstance())
            .getNetworksList()
            .stream()
            .filter(NetworkFilter::isUnused)
            .filter(NetworkFilter.of(filters))
            .toList();
    String warning = "This removes %d networks that no container uses.".formatted(unused.size());
    if (!force && !unused.isEmpty() && !Consent.given(environment, warning)) {
      return ExitCode.FAILED;
    }
    unused.forEach(each -> remove(connection, each));
    return ExitCode.OK;
  }

  /** Removes a network, unless a container uses it since it was listed. */
  private void remove(Connection connection, Network network) {
    try {
      var _ =
          connection
              .networks()
              .removeNetwork(RemoveNetworkRequest.newBuilder().setNetwork(network.getId()).build());
      out().println("deleted: " + network.getName());
    } catch (StatusRuntimeException e) {
      Status.Code code = e.getStatus().getCode();
      if (code != Status.Code.FAILED_PRECONDITION && code != Status.Code.NOT_FOUND) {
        throw e;
      }
    }
  }
}
