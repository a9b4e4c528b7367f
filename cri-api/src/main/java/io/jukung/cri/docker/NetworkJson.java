package io.jukung.cri.docker;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.client.v1.Network;
import io.jukung.client.v1.PublishedPort;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.PodIP;
import java.util.ArrayList;
import java.util.List;

/** The member NetworkSettings of a container. Its addresses are those of its pod. */
final class NetworkJson {
  private NetworkJson() {}

  static ObjectNode of(ContainerFacts facts) {
    // An address that the container had may be another one's by now.
    boolean runs = facts.status().getState() == ContainerState.CONTAINER_RUNNING;
    List<String> addresses = runs ? addresses(facts) : List.of();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("Bridge", "");
    json.put("SandboxID", facts.pod().getId());
    json.put("SandboxKey", "");
    json.set("Ports", ports(facts));
    json.put("HairpinMode", false);
    json.put("LinkLocalIPv6Address", "");
    json.put("LinkLocalIPv6PrefixLen", 0);
    json.putNull("SecondaryIPAddresses");
    json.putNull("SecondaryIPv6Addresses");
    json.put("EndpointID", "");
    json.put("Gateway", "");
    json.put("GlobalIPv6Address", ipv6(addresses));
    json.put("GlobalIPv6PrefixLen", 0);
    json.put("IPAddress", ipv4(addresses));
    json.put("IPPrefixLen", 0);
    json.put("IPv6Gateway", "");
    json.put("MacAddress", "");
    ObjectNode networks = json.putObject("Networks");
    for (Network each : facts.networks()) {
      add(networks, each.getName(), each.getId(), facts.endpoint(each).getAddressesList());
    }
    if (networks.isEmpty()) {
      add(networks, facts.network(), "", addresses);
    }
    return json;
  }

  private static void add(ObjectNode networks, String name, String id, List<String> addresses) {
    ObjectNode network = networks.putObject(name);
    network.putNull("IPAMConfig");
    network.putNull("Links");
    network.putNull("Aliases");
    network.put("MacAddress", "");
    network.putNull("DriverOpts");
    network.put("NetworkID", id);
    network.put("EndpointID", "");
    network.put("Gateway", "");
    network.put("IPAddress", ipv4(addresses));
    network.put("IPPrefixLen", 0);
    network.put("IPv6Gateway", "");
    network.put("GlobalIPv6Address", ipv6(addresses));
    network.put("GlobalIPv6PrefixLen", 0);
    network.putNull("DNSNames");
  }

  private static String ipv4(List<String> addresses) {
    return addresses.stream().filter(each -> !each.contains(":")).findFirst().orElse("");
  }

  private static String ipv6(List<String> addresses) {
    return addresses.stream().filter(each -> each.contains(":")).findFirst().orElse("");
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
