package io.jukung.runtime.usernetwork;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.runtime.network.cni.NetworkConfiguration;
import io.jukung.runtime.network.cni.PluginConfiguration;
import java.util.ArrayList;
import java.util.List;

/** The subnets that a CNI configuration with host-local names. Other plugins name none. */
final class PodSubnets {
  private PodSubnets() {}

  static List<Subnet> of(NetworkConfiguration network) {
    List<Subnet> subnets = new ArrayList<>();
    for (PluginConfiguration plugin : network.plugins()) {
      JsonNode ipam = plugin.json().path("ipam");
      add(ipam.path("subnet"), subnets);
      for (JsonNode set : ipam.path("ranges")) {
        for (JsonNode range : set) {
          add(range.path("subnet"), subnets);
        }
      }
    }
    return subnets;
  }

  private static void add(JsonNode subnet, List<Subnet> subnets) {
    String text = subnet.asText("");
    if (text.isEmpty()) {
      return;
    }
    try {
      subnets.add(Subnet.parse(text));
    } catch (IllegalArgumentException e) {
      return; // the plugin judges its own configuration
    }
  }
}
