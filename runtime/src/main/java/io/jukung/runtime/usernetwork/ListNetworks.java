package io.jukung.runtime.usernetwork;

import io.jukung.client.v1.ListNetworksRequest;
import io.jukung.client.v1.ListNetworksResponse;
import io.jukung.client.v1.Network;
import io.jukung.client.v1.NetworkRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** ListNetworks: shows the networks, with the containers that are in them. */
public final class ListNetworks {
  /** The networks that are always there, and docker's names of their drivers. */
  private static final List<Network> PREDEFINED =
      List.of(
          predefined("bridge", "bridge"), predefined("host", "host"), predefined("none", "null"));

  private final Networks networks;
  private final Endpoints endpoints;

  public ListNetworks(Networks networks, Endpoints endpoints) {
    this.networks = networks;
    this.endpoints = endpoints;
  }

  private static Network predefined(String name, String driver) {
    return Network.newBuilder()
        .setId(name)
        .setName(name)
        .setDriver(driver)
        .setPredefined(true)
        .build();
  }

  public ListNetworksResponse call(ListNetworksRequest request) {
    String asked = request.getNetwork();
    List<Network> found = new ArrayList<>();
    for (Network each : PREDEFINED) {
      if (asked.isEmpty() || each.getName().equals(asked)) {
        found.add(each.toBuilder().addAllEndpoints(endpoints.of(each.getId())).build());
      }
    }
    if (asked.isEmpty()) {
      networks.all().forEach(each -> found.add(view(each, endpoints)));
    } else if (found.isEmpty()) {
      networks.find(asked).ifPresent(each -> found.add(view(each, endpoints)));
    }
    found.sort(Comparator.comparing(Network::getName));
    return ListNetworksResponse.newBuilder().addAllNetworks(found).build();
  }

  static Network view(NetworkRecord network, Endpoints endpoints) {
    Network.Builder view =
        Network.newBuilder()
            .setId(network.id())
            .setName(network.name())
            .setDriver(network.driver().toString())
            .setCreatedAt(network.createdAt())
            .setIpv6(network.hasIpv6())
            .setInternal(network.internal())
            .putAllOptions(network.options())
            .putAllLabels(network.labels())
            .addAllEndpoints(endpoints.of(network.id()));
    for (NetworkRecord.Range each : network.ranges()) {
      view.addRanges(
          NetworkRange.newBuilder()
              .setSubnet(each.subnet())
              .setGateway(each.gateway())
              .setIpRange(each.ipRange()));
    }
    return view.build();
  }
}
