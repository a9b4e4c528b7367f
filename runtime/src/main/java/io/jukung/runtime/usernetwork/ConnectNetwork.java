package io.jukung.runtime.usernetwork;

import io.jukung.client.v1.ConnectNetworkRequest;
import io.jukung.client.v1.ConnectNetworkResponse;
import io.jukung.cri.CriException;
import io.jukung.runtime.call.NamedLocks;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord.Membership;
import io.jukung.runtime.store.SandboxStore;
import java.io.IOException;
import java.util.List;

/** ConnectNetwork: puts a container of jukung's own into one more network. */
public final class ConnectNetwork {
  private final Networks networks;
  private final Memberships memberships;
  private final OwnContainers own;
  private final SandboxStore sandboxes;
  private final PodResolver resolver;
  private final PodRequests requests;
  private final NamedLocks lives;

  /**
   * @param resolver writes the resolv.conf of a container that runs
   * @param lives held while a container is started or its pod put to rest, by container id
   */
  public ConnectNetwork(
      Networks networks,
      Memberships memberships,
      OwnContainers own,
      SandboxStore sandboxes,
      PodResolver resolver,
      PodRequests requests,
      NamedLocks lives) {
    this.networks = networks;
    this.memberships = memberships;
    this.own = own;
    this.sandboxes = sandboxes;
    this.resolver = resolver;
    this.requests = requests;
    this.lives = lives;
  }

  /** Lets a running container ask for names in networks. */
  @FunctionalInterface
  public interface PodResolver {
    void use(Sandbox sandbox) throws IOException;
  }

  public ConnectNetworkResponse call(ConnectNetworkRequest request) throws IOException {
    Container container = own.own("ConnectNetwork", request.getContainerId());
    if (Networks.RESERVED.contains(request.getNetwork())) {
      throw CriException.invalidArgument(
          "ConnectNetwork: a container joins network "
              + request.getNetwork()
              + " only when it is made, with run --network or create --network");
    }
    NetworkRecord network = networks.get(request.getNetwork());
    Membership wanted =
        new Membership(
            network.id(),
            "",
            request.getAliasesList(),
            request.getLinksMap(),
            request.getIp(),
            request.getIp6(),
            request.getMac(),
            List.of());
    try (NamedLocks.Held _ = lives.acquire(container.id())) {
      Sandbox sandbox = sandboxes.get(container.record().sandboxId());
      if (sandbox.record().config().isHostNetwork()) {
        throw CriException.failedPrecondition(
            "ConnectNetwork: the container uses the network of the host, and no other");
      }
      memberships.connect(sandbox, network, wanted, requests.of(sandbox.record()));
      if (sandbox.isReady()) {
        resolver.use(sandbox);
      }
    }
    return ConnectNetworkResponse.getDefaultInstance();
  }
}
