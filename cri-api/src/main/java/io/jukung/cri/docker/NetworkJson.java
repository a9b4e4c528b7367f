package io.jukung.cri.docker;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.client.v1.Network;
import io.jukung.client.v1.NetworkEndpoint;
import io.jukung.client.v1.NetworkRange;
import java.util.List;
import java.util.Optional;

/**
 * A network as {@code docker network inspect} prints it: the answer of docker's {@code GET
 * /networks/{id}}, with the aliases of the containers besides.
 */
public final class NetworkJson {
  private NetworkJson() {}

  /** Makes the JSON, with the containers that run in the network. */
  public static ObjectNode of(Network network) {
    ObjectNode json = withoutContainers(network);
    ObjectNode containers = (ObjectNode) json.path("Containers");
    for (NetworkEndpoint each : network.getEndpointsList()) {
      if (each.getAddressesCount() > 0) {
        containers.set(each.getContainerId(), container(network, each));
      }
    }
    return json;
  }

  /** As {@link #of}, without the containers, which a list of networks does not have. */
  public static ObjectNode withoutContainers(Network network) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("Name", network.getName());
    json.put("Id", network.getId());
    json.put("Created", DockerTime.of(network.getCreatedAt()));
    json.put("Scope", "local");
    json.put("Driver", network.getDriver());
    json.put("EnableIPv4", true);
    json.put("EnableIPv6", network.getIpv6());
    ObjectNode ipam = json.putObject("IPAM").put("Driver", "default");
    ipam.putObject("Options");
    ArrayNode ranges = ipam.putArray("Config");
    for (NetworkRange each : network.getRangesList()) {
      ObjectNode range = ranges.addObject().put("Subnet", each.getSubnet());
      if (!each.getIpRange().isEmpty()) {
        range.put("IPRange", each.getIpRange());
      }
      range.put("Gateway", each.getGateway());
    }
    json.put("Internal", network.getInternal());
    json.put("Attachable", false);
    json.put("Ingress", false);
    json.putObject("ConfigFrom").put("Network", "");
    json.put("ConfigOnly", false);
    json.putObject("Containers");
    ObjectNode options = json.putObject("Options");
    network.getOptionsMap().forEach(options::put);
    ObjectNode labels = json.putObject("Labels");
    network.getLabelsMap().forEach(labels::put);
    return json;
  }

  private static ObjectNode container(Network network, NetworkEndpoint endpoint) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("Name", endpoint.getContainerName());
    json.put("EndpointID", EndpointId.of(endpoint.getContainerId(), network));
    json.put("MacAddress", "");
    json.put("IPv4Address", withPrefix(network, endpoint, /* isIpv6= */ false));
    json.put("IPv6Address", withPrefix(network, endpoint, /* isIpv6= */ true));
    ArrayNode aliases = json.putArray("Aliases");
    endpoint.getAliasesList().forEach(aliases::add);
    return json;
  }

  /** The address with the length of its network's prefix, where that is known. */
  private static String withPrefix(Network network, NetworkEndpoint endpoint, boolean isIpv6) {
    String address = address(endpoint.getAddressesList(), isIpv6);
    int prefix = prefix(network, isIpv6);
    return address.isEmpty() || prefix == 0 ? address : address + "/" + prefix;
  }

  /** The first address of a family; empty if there is none. */
  static String address(List<String> addresses, boolean isIpv6) {
    return addresses.stream().filter(each -> each.contains(":") == isIpv6).findFirst().orElse("");
  }

  /** The gateway of a family; empty if it is not known. */
  static String gateway(Network network, boolean isIpv6) {
    return range(network, isIpv6).map(NetworkRange::getGateway).orElse("");
  }

  /** How many bits of an address are the same in the whole network; 0 if it is not known. */
  static int prefix(Network network, boolean isIpv6) {
    return range(network, isIpv6)
        .map(each -> each.getSubnet().substring(each.getSubnet().indexOf('/') + 1))
        .map(Integer::parseInt)
        .orElse(0);
  }

  private static Optional<NetworkRange> range(Network network, boolean isIpv6) {
    return network.getRangesList().stream()
        .filter(each -> each.getSubnet().contains(":") == isIpv6)
        .findFirst();
  }
}
