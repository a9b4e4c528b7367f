package io.jukung.runtime.usernetwork;

import io.jukung.client.v1.RemoveNetworkRequest;
import io.jukung.client.v1.RemoveNetworkResponse;
import io.jukung.cri.CriException;
import java.io.IOException;

/** RemoveNetwork: removes a network that no running container is in. */
public final class RemoveNetwork {
  private final Networks networks;
  private final Endpoints endpoints;

  public RemoveNetwork(Networks networks, Endpoints endpoints) {
    this.networks = networks;
    this.endpoints = endpoints;
  }

  public RemoveNetworkResponse call(RemoveNetworkRequest request) throws IOException {
    String reference = request.getNetwork();
    if (reference.isEmpty()) {
      throw CriException.invalidArgument("RemoveNetwork: network is empty");
    }
    if (Networks.RESERVED.contains(reference)) {
      throw CriException.failedPrecondition(
          "RemoveNetwork: network " + reference + " is always there and cannot be removed");
    }
    NetworkRecord network = networks.get(reference);
    networks.remove(network, endpoints.describe(network.id()));
    return RemoveNetworkResponse.getDefaultInstance();
  }
}
