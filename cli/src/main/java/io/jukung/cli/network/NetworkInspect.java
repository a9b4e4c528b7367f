package io.jukung.cli.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.text.Json;
import io.jukung.client.v1.ListNetworksRequest;
import io.jukung.client.v1.Network;
import io.jukung.client.v1.NetworkEndpoint;
import io.jukung.client.v1.NetworkRange;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jukung network inspect}: prints what is known about networks, in docker's JSON. */
@Command(
    name = "inspect",
    description = "Prints what is known about networks, as JSON in docker's form.",
    mixinStandardHelpOptions = true)
final class NetworkInspect extends ClientCommand {
  private static final long NANOS = 1_000_000_000L;

  @Parameters(arity = "1..*", paramLabel = "NETWORK")
  List<String> names = List.of();

  NetworkInspect(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    List<JsonNode> found = new ArrayList<>();
    int exitCode = ExitCode.OK;
    for (String name : names) {
      List<Network> networks =
          connection
              .networks()
              .listNetworks(ListNetworksRequest.newBuilder().setNetwork(name).build())
              .getNetworksList();
      if (name.isEmpty() || networks.isEmpty()) {
        environment.printError("there is no network " + name);
        exitCode = ExitCode.FAILED;
      } else {
        found.add(json(networks.getFirst()));
      }
    }
    if (found.isEmpty()) {
      throw CliException.failed("none of these networks is here");
    }
    Json.print(Json.list(found), out());
    return exitCode;
  }

  private static ObjectNode json(Network network) {
    long created = network.getCreatedAt();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("Name", network.getName());
    json.put("Id", network.getId());
    json.put("Created", Instant.ofEpochSecond(created / NANOS, created % NANOS).toString());
    json.put("Scope", "local");
    json.put("Driver", network.getDriver());
    json.put("EnableIPv6", network.getIpv6());
    ArrayNode ranges = json.putObject("IPAM").put("Driver", "default").putArray("Config");
    for (NetworkRange each : network.getRangesList()) {
      ObjectNode range = ranges.addObject().put("Subnet", each.getSubnet());
      if (!each.getIpRange().isEmpty()) {
        range.put("IPRange", each.getIpRange());
      }
      range.put("Gateway", each.getGateway());
    }
    json.put("Internal", network.getInternal());
    ObjectNode containers = json.putObject("Containers");
    for (NetworkEndpoint each : network.getEndpointsList()) {
      // As docker: the containers that run.
      if (each.getAddressesCount() > 0) {
        containers.set(each.getContainerId(), container(each));
      }
    }
    ObjectNode options = json.putObject("Options");
    network.getOptionsMap().forEach(options::put);
    ObjectNode labels = json.putObject("Labels");
    network.getLabelsMap().forEach(labels::put);
    return json;
  }

  private static ObjectNode container(NetworkEndpoint endpoint) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("Name", endpoint.getContainerName());
    json.put("IPv4Address", address(endpoint, /* isIpv6= */ false));
    json.put("IPv6Address", address(endpoint, /* isIpv6= */ true));
    ArrayNode aliases = json.putArray("Aliases");
    endpoint.getAliasesList().forEach(aliases::add);
    return json;
  }

  private static String address(NetworkEndpoint endpoint, boolean isIpv6) {
    return endpoint.getAddressesList().stream()
        .filter(each -> each.contains(":") == isIpv6)
        .findFirst()
        .orElse("");
  }
}
