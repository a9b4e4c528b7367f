package io.jukung.cri.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.client.v1.Network;
import io.jukung.client.v1.PublishedPort;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.PodIP;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The member NetworkSettings of a container. Its addresses are those of its pod. */
final class NetworkSettingsJson {
  private static final int SHORT_ID = 12;

  /** The members that docker repeats from the first network. */
  private static final List<String> OF_FIRST =
      List.of(
          "EndpointID",
          "Gateway",
          "GlobalIPv6Address",
          "GlobalIPv6PrefixLen",
          "IPAddress",
          "IPPrefixLen",
          "IPv6Gateway",
          "MacAddress");

  private NetworkSettingsJson() {}

  static ObjectNode of(ContainerFacts facts) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("Bridge", "");
    json.put("SandboxID", facts.pod().getId());
    json.put("SandboxKey", namespace(facts));
    json.set("Ports", ports(facts));
    json.put("HairpinMode", false);
    json.put("LinkLocalIPv6Address", "");
    json.put("LinkLocalIPv6PrefixLen", 0);
    json.putNull("SecondaryIPAddresses");
    json.putNull("SecondaryIPv6Addresses");
    ObjectNode networks = networks(facts);
    JsonNode first = networks.iterator().next();
    OF_FIRST.forEach(member -> json.set(member, first.path(member)));
    json.set("Networks", networks);
    return json;
  }

  /** The file of the network namespace; empty for that of the host. */
  private static String namespace(ContainerFacts facts) {
    for (JsonNode each : facts.spec().path("linux").path("namespaces")) {
      if (each.path("type").asText().equals("network")) {
        return each.path("path").asText();
      }
    }
    return "";
  }

  /** Each network with what the container has there; at least one. */
  private static ObjectNode networks(ContainerFacts facts) {
    // An address that the container had may be another one's by now.
    boolean runs = runs(facts);
    ObjectNode networks = JsonNodeFactory.instance.objectNode();
    for (Network each : facts.networks()) {
      List<String> addresses = runs ? facts.endpoint(each).getAddressesList() : List.of();
      networks.set(each.getName(), endpoint(facts, each, addresses));
    }
    if (networks.isEmpty()) {
      String name = facts.network();
      Network unknown = Network.newBuilder().setName(name).setPredefined(true).build();
      networks.set(name, endpoint(facts, unknown, runs ? addresses(facts) : List.of()));
    }
    return networks;
  }

  private static boolean runs(ContainerFacts facts) {
    return facts.status().getState() == ContainerState.CONTAINER_RUNNING;
  }

  private static ObjectNode endpoint(
      ContainerFacts facts, Network network, List<String> addresses) {
    JsonNode membership = membership(facts, network);
    List<String> aliases = facts.endpoint(network).getAliasesList();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    putRequestedAddresses(json, membership);
    putLinks(json, membership);
    putTexts(json, "Aliases", aliases);
    json.put("MacAddress", membership.path("mac").asText());
    json.putNull("DriverOpts");
    json.put("GwPriority", 0);
    json.put("NetworkID", network.getId());
    json.put("EndpointID", runs(facts) ? EndpointId.of(facts.status().getId(), network) : "");
    putAddress(json, network, addresses, Family.IPV4);
    putAddress(json, network, addresses, Family.IPV6);
    putTexts(json, "DNSNames", network.getPredefined() ? List.of() : names(facts, aliases));
    return json;
  }

  /** What the daemon has on record of the container's place in a network. */
  private static JsonNode membership(ContainerFacts facts, Network network) {
    return facts
        .memberships()
        .valueStream()
        .filter(each -> each.path("networkId").asText().equals(network.getId()))
        .findFirst()
        .orElse(JsonNodeFactory.instance.missingNode());
  }

  private static void putRequestedAddresses(ObjectNode json, JsonNode membership) {
    String ip = membership.path("ip").asText();
    String ip6 = membership.path("ip6").asText();
    if (ip.isEmpty() && ip6.isEmpty()) {
      json.putNull("IPAMConfig");
      return;
    }
    ObjectNode requested = json.putObject("IPAMConfig");
    if (!ip.isEmpty()) {
      requested.put("IPv4Address", ip);
    }
    if (!ip6.isEmpty()) {
      requested.put("IPv6Address", ip6);
    }
  }

  private static void putLinks(ObjectNode json, JsonNode membership) {
    List<String> links = new ArrayList<>();
    membership
        .path("links")
        .properties()
        .forEach(each -> links.add(each.getValue().asText() + ":" + each.getKey()));
    putTexts(json, "Links", links);
  }

  /** An empty list is null, as in docker's JSON. */
  private static void putTexts(ObjectNode json, String name, Iterable<String> texts) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    texts.forEach(list::add);
    if (list.isEmpty()) {
      json.putNull(name);
    } else {
      json.set(name, list);
    }
  }

  /** The names under which other containers of the network find the container. */
  private static Set<String> names(ContainerFacts facts, List<String> aliases) {
    Set<String> names = new LinkedHashSet<>();
    names.add(facts.status().getMetadata().getName());
    names.addAll(aliases);
    String id = facts.status().getId();
    names.add(id.substring(0, Math.min(SHORT_ID, id.length())));
    String hostname = facts.podRecord().path("config").path("hostname").asText();
    if (!hostname.isEmpty()) {
      names.add(hostname);
    }
    return names;
  }

  /** The members about the addresses of one family. */
  private enum Family {
    IPV4("Gateway", "IPAddress", "IPPrefixLen"),
    IPV6("IPv6Gateway", "GlobalIPv6Address", "GlobalIPv6PrefixLen");

    private final String gateway;
    private final String address;
    private final String prefix;

    Family(String gateway, String address, String prefix) {
      this.gateway = gateway;
      this.address = address;
      this.prefix = prefix;
    }
  }

  private static void putAddress(
      ObjectNode json, Network network, List<String> addresses, Family family) {
    boolean isIpv6 = family == Family.IPV6;
    String address = NetworkJson.address(addresses, isIpv6);
    boolean has = !address.isEmpty();
    json.put(family.gateway, has ? NetworkJson.gateway(network, isIpv6) : "");
    json.put(family.address, address);
    json.put(family.prefix, has ? NetworkJson.prefix(network, isIpv6) : 0);
  }

  private static List<String> addresses(ContainerFacts facts) {
    List<String> addresses = new ArrayList<>();
    String first = facts.pod().getNetwork().getIp();
    if (!first.isEmpty()) {
      addresses.add(first);
    }
    facts.pod().getNetwork().getAdditionalIpsList().stream()
        .map(PodIP::getIp)
        .forEach(addresses::add);
    return addresses;
  }

  /** The ports that the image exposes and those that are published. */
  private static ObjectNode ports(ContainerFacts facts) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    facts.image().path("ExposedPorts").fieldNames().forEachRemaining(json::putNull);
    bindings(facts.ports(), json);
    return json;
  }

  /** Adds the ports of the host to the ports of the container that they lead to. */
  static void bindings(List<PublishedPort> ports, ObjectNode json) {
    for (PublishedPort port : ports) {
      String inside = port.getContainerPort() + "/" + port.getProtocol();
      ArrayNode outside =
          json.path(inside) instanceof ArrayNode list ? list : json.putArray(inside);
      outside
          .addObject()
          .put("HostIp", port.getHostIp().isEmpty() ? "0.0.0.0" : port.getHostIp())
          .put("HostPort", Integer.toString(port.getHostPort()));
    }
  }
}
