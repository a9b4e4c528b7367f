package io.jukung.runtime.usernetwork;

import io.jukung.client.v1.CreateNetworkRequest;
import io.jukung.client.v1.CreateNetworkResponse;
import java.io.IOException;

/** CreateNetwork: makes a network. The kernel learns of it when the first container joins it. */
public final class CreateNetwork {
  private final Networks networks;
  private final Endpoints endpoints;

  public CreateNetwork(Networks networks, Endpoints endpoints) {
    this.networks = networks;
    this.endpoints = endpoints;
  }

  public CreateNetworkResponse call(CreateNetworkRequest request) throws IOException {
    return CreateNetworkResponse.newBuilder()
        .setNetwork(ListNetworks.view(networks.create(request), endpoints))
        .build();
  }
}
