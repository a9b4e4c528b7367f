package io.jukung.cli.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.FormattedList;
import io.jukung.cli.command.Row;
import io.jukung.cli.text.ShortId;
import io.jukung.cli.text.Table;
import io.jukung.client.v1.ListNetworksRequest;
import io.jukung.client.v1.ListNetworksResponse;
import io.jukung.client.v1.Network;
import io.jukung.cri.docker.NetworkJson;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung network ls}: lists networks. */
@Command(
    name = "ls",
    description = "Lists the networks by their names.",
    mixinStandardHelpOptions = true)
final class NetworkList extends FormattedList<ListNetworksResponse, Network> {
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
    super.checkOptions();
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
      table.row(shown(each), each.getName(), each.getDriver(), "local");
    }
    return table;
  }

  /** The ID as lists show it. That of a network that is there from the start is its name. */
  private String shown(Network network) {
    return whole || network.getPredefined() ? network.getId() : ShortId.of(network.getId());
  }

  @Override
  protected Map<String, String> headings() {
    Map<String, String> headings = new LinkedHashMap<>();
    headings.put("ID", "NETWORK ID");
    headings.put("Name", "NAME");
    headings.put("Driver", "DRIVER");
    headings.put("Scope", "SCOPE");
    headings.put("IPv6", "IPV6");
    headings.put("Internal", "INTERNAL");
    headings.put("Labels", "LABELS");
    headings.put("CreatedAt", "CREATED AT");
    return headings;
  }

  @Override
  protected List<Row> rows(Connection connection, List<Network> networks, Set<String> wanted) {
    return networks.stream().map(this::row).toList();
  }

  private Row row(Network network) {
    JsonNode json = NetworkJson.of(network);
    Map<String, String> values = new LinkedHashMap<>();
    values.put("ID", shown(network));
    values.put("Name", network.getName());
    values.put("Driver", network.getDriver());
    values.put("Scope", "local");
    values.put("IPv6", json.path("EnableIPv6").asText());
    values.put("Internal", json.path("Internal").asText());
    values.put("Labels", Row.joined(network.getLabelsMap()));
    values.put("CreatedAt", json.path("Created").asText());
    return new Row(values, network.getLabelsMap());
  }
}
