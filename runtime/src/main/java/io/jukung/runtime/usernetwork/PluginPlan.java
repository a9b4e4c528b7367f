package io.jukung.runtime.usernetwork;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.runtime.network.cni.NetworkConfiguration;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Makes the CNI configuration of a user network. It is never a file that kubelet or another runtime
 * could find: plugins get it as their input, and the record of each attachment has a copy for DEL.
 */
final class PluginPlan {
  /** The version that the plugins of Debian 12 know. */
  private static final String CNI_VERSION = "1.0.0";

  private PluginPlan() {}

  /**
   * What a pod gets in the network.
   *
   * @param leadsOut whether the pod's default route is through this network
   * @param publishes whether ports of the host lead to the pod through this network
   */
  record Role(boolean leadsOut, boolean publishes) {}

  /**
   * The configuration for one attachment.
   *
   * @param asked the addresses that the attachment asks for, which may lie outside of the part of a
   *     subnet from which others are taken
   * @param addresses the directory in which host-local keeps the addresses that it has given out
   */
  static NetworkConfiguration of(
      NetworkRecord network, Role role, List<InetAddress> asked, Path addresses)
      throws IOException {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("cniVersion", CNI_VERSION);
    json.put("name", network.cniName());
    ArrayNode plugins = json.putArray("plugins");
    ObjectNode main = plugins.addObject();
    main.put("type", network.driver().toString());
    main.putObject("capabilities").put("ips", true).put("mac", true);
    switch (network.driver()) {
      case BRIDGE -> bridge(main, network, role);
      case MACVLAN -> {
        main.put("master", network.options().get("parent"));
        main.put("mode", network.options().getOrDefault("macvlan_mode", "bridge"));
      }
      case IPVLAN -> {
        main.put("master", network.options().get("parent"));
        main.put("mode", network.options().getOrDefault("ipvlan_mode", "l2"));
      }
    }
    main.set("ipam", hostLocal(network, role, asked, addresses));
    if (role.publishes()) {
      ObjectNode portmap = plugins.addObject();
      portmap.put("type", "portmap").put("snat", true);
      portmap.putObject("capabilities").put("portMappings", true);
    }
    return NetworkConfiguration.parseList(
        json.toString().getBytes(StandardCharsets.UTF_8), _ -> List.of());
  }

  private static void bridge(ObjectNode main, NetworkRecord network, Role role) {
    main.put("bridge", network.bridge());
    main.put("isGateway", true);
    main.put("isDefaultGateway", role.leadsOut());
    main.put("ipMasq", network.leadsOut());
    main.put("hairpinMode", true); // a container reaches its own published ports
  }

  private static ObjectNode hostLocal(
      NetworkRecord network, Role role, List<InetAddress> asked, Path addresses) {
    ObjectNode ipam = JsonNodeFactory.instance.objectNode();
    ipam.put("type", "host-local");
    ipam.put("dataDir", addresses.toString());
    ArrayNode ranges = ipam.putArray("ranges");
    for (NetworkRecord.Range each : network.ranges()) {
      ObjectNode range = ranges.addArray().addObject();
      range.put("subnet", each.subnet());
      range.put("gateway", each.gateway());
      // The plugin refuses an address outside of the range, and docker takes any of the subnet.
      if (!each.ipRange().isEmpty() && asked.stream().noneMatch(each.parsed()::contains)) {
        Subnet part = Subnet.parse(each.ipRange());
        range.put("rangeStart", Subnet.text(part.firstUsable()));
        range.put("rangeEnd", Subnet.text(part.lastUsable()));
      }
    }
    // The plugin bridge adds the default routes by itself.
    if (role.leadsOut() && network.driver() != NetworkDriver.BRIDGE) {
      ArrayNode routes = ipam.putArray("routes");
      for (NetworkRecord.Range each : network.ranges()) {
        routes.addObject().put("dst", each.parsed().isIpv6() ? "::/0" : "0.0.0.0/0");
      }
    }
    return ipam;
  }
}
