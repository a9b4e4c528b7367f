package io.jukung.runtime.usernetwork;

import io.jukung.client.v1.DisconnectNetworkRequest;
import io.jukung.client.v1.DisconnectNetworkResponse;
import io.jukung.cri.CriException;
import io.jukung.runtime.call.NamedLocks;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord.Membership;
import io.jukung.runtime.store.SandboxStore;
import java.io.IOException;
import java.util.Optional;

/** DisconnectNetwork: takes a container of jukung's own out of a network. */
public final class DisconnectNetwork {
  private final Networks networks;
  private final Memberships memberships;
  private final OwnContainers own;
  private final SandboxStore sandboxes;
  private final PodRequests requests;
  private final NamedLocks lives;

  /**
   * @param lives held while a container is started or its pod put to rest, by container id
   */
  public DisconnectNetwork(
      Networks networks,
      Memberships memberships,
      OwnContainers own,
      SandboxStore sandboxes,
      PodRequests requests,
      NamedLocks lives) {
    this.networks = networks;
    this.memberships = memberships;
    this.own = own;
    this.sandboxes = sandboxes;
    this.requests = requests;
    this.lives = lives;
  }

  public DisconnectNetworkResponse call(DisconnectNetworkRequest request) throws IOException {
    Container container = own.own("DisconnectNetwork", request.getContainerId());
    try (NamedLocks.Held _ = lives.acquire(container.id())) {
      Sandbox sandbox = sandboxes.get(container.record().sandboxId());
      if (sandbox.record().config().isHostNetwork()) {
        throw CriException.failedPrecondition(
            "DisconnectNetwork: the container uses the network of the host, and no other");
      }
      memberships.disconnect(
          sandbox, id(sandbox, request.getNetwork()), requests.of(sandbox.record()));
    }
    return DisconnectNetworkResponse.getDefaultInstance();
  }

  /** The id of the network, which may have been removed since the container was stopped. */
  private String id(Sandbox sandbox, String reference) {
    if (reference.equals(Membership.POD_NETWORK) || reference.isEmpty()) {
      return reference;
    }
    Optional<NetworkRecord> network = networks.find(reference);
    if (network.isPresent()) {
      return network.get().id();
    }
    return sandbox.record().memberships().stream()
        .filter(Membership::isOfUser)
        .map(Membership::networkId)
        .filter(each -> each.startsWith(reference))
        .findFirst()
        .orElseThrow(() -> CriException.notFound("there is no network " + reference));
  }
}
