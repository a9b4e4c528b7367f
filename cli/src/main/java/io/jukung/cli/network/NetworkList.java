package io.jukung.cli.network;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ListCommand;
import io.jukung.cli.text.ShortId;
import io.jukung.cli.text.Table;
import io.jukung.client.v1.ListNetworksRequest;
import io.jukung.client.v1.ListNetworksResponse;
import io.jukung.client.v1.Network;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung network ls}: lists networks. */
@Command(
    name = "ls",
    description = "Lists the networks by their names.",
    mixinStandardHelpOptions = true)
final class NetworkList extends ListCommand<ListNetworksResponse, Network> {
  @Option(
      names = {"-f", "--filter"},
      paramLabel = "NAME=VALUE",
      description =
          "List only some networks: name=PART, id=BEGINNING, driver=NAME, label=NAME[=VALUE],"
              + " type=custom or builtin, or dangling=true for those that no container uses.")
  List<String> filters = List.of();

  NetworkList(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    var _ = NetworkFilter.of(filters);
  }

  @Override
  protected ListNetworksResponse ask(Connection connection) {
    ListNetworksResponse answer =
        connection.networks().listNetworks(ListNetworksRequest.getDefaultInstance());
    return ListNetworksResponse.newBuilder()
        .addAllNetworks(
            answer.getNetworksList().stream().filter(NetworkFilter.of(filters)).toList())
        .build();
  }

  @Override
  protected List<Network> objects(ListNetworksResponse answer) {
    return answer.getNetworksList();
  }

  @Override
  protected String id(Network network) {
    return network.getId();
  }

  @Override
  protected Table table(Connection connection, List<Network> networks) {
    Table table = new Table("NETWORK ID", "NAME", "DRIVER", "SCOPE");
    for (Network each : networks) {
      String id = each.getPredefined() ? each.getId() : ShortId.of(each.getId());
      table.row(id, each.getName(), each.getDriver(), "local");
    }
    return table;
  }
}
