package io.jukung.runtime.server;

import io.jukung.runtime.call.NamedLocks;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.network.PodNetwork;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.pod.LinuxPodHost;
import io.jukung.runtime.recovery.Recovery;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StateFiles;
import io.jukung.runtime.usernetwork.ConnectNetwork;
import io.jukung.runtime.usernetwork.CreateNetwork;
import io.jukung.runtime.usernetwork.DisconnectNetwork;
import io.jukung.runtime.usernetwork.Endpoints;
import io.jukung.runtime.usernetwork.ListNetworks;
import io.jukung.runtime.usernetwork.Memberships;
import io.jukung.runtime.usernetwork.Networks;
import io.jukung.runtime.usernetwork.RemoveNetwork;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The parts for networks that users make. */
final class NetworkParts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NetworkParts.class);

  private final SandboxStore sandboxes;
  private final Networks networks;
  private final Endpoints endpoints;
  private final Memberships memberships;

  NetworkParts(
      StateFiles files,
      PodNetwork pods,
      Config.Network settings,
      SandboxStore sandboxes,
      ContainerStore containers) {
    this.sandboxes = sandboxes;
    this.networks = new Networks(files, pods, settings);
    this.endpoints = new Endpoints(sandboxes, containers, networks);
    this.memberships = new Memberships(networks, pods, files, endpoints);
  }

  Memberships memberships() {
    return memberships;
  }

  void reconfigure(Config.Network settings) {
    networks.reconfigure(settings);
  }

  /** Reads the networks of an earlier daemon. */
  void load() throws IOException {
    networks.load();
  }

  /** Takes up the pods of an earlier daemon that are in networks, in the background. */
  void takeUp(LinuxPodHost host) {
    if (sandboxes.all().stream().anyMatch(NetworkParts::mayHaveNetworks)) {
      Thread.ofPlatform().daemon().name("names-again").start(() -> takeUpAll(host));
    }
  }

  /** What recovery tells of the pods of an earlier daemon. */
  Recovery.PodNetworks podNetworks(LinuxPodHost host) {
    return new Recovery.PodNetworks() {
      @Override
      public void note(SandboxRecord sandbox) {
        host.takeUpNetwork(sandbox);
      }

      @Override
      public void takeUpLate(Sandbox sandbox) {
        if (mayHaveNetworks(sandbox)) {
          Thread.ofPlatform()
              .daemon()
              .name("names-again")
              .start(
                  () -> {
                    NetworkParts.this.takeUp(sandbox, host);
                    networks.guardUsed();
                  });
        }
      }
    };
  }

  /** A pod without a membership may have been about to get its first one. */
  private static boolean mayHaveNetworks(Sandbox sandbox) {
    return sandbox.isReady()
        && OwnContainers.isOwn(sandbox.record())
        && !sandbox.record().config().isHostNetwork();
  }

  private void takeUpAll(LinuxPodHost host) {
    for (Sandbox each : sandboxes.all()) {
      if (mayHaveNetworks(each)) {
        takeUp(each, host);
      }
    }
    networks.guardUsed();
  }

  private void takeUp(Sandbox sandbox, LinuxPodHost host) {
    try {
      memberships.takeUp(
          sandbox, host.request(sandbox.record()), each -> host.rewriteResolver(each.record()));
    } catch (IOException | RuntimeException e) {
      if (sandbox.isReady()) { // and not stopped meanwhile
        LOG.error("the networks of sandbox {} cannot be taken up", sandbox.id(), e);
      }
    }
  }

  NetworksEndpoint service(OwnContainers own, LinuxPodHost host, NamedLocks lives) {
    return new NetworksEndpoint(
        new NetworksEndpoint.Calls(
            new CreateNetwork(networks, endpoints),
            new ListNetworks(networks, endpoints),
            new RemoveNetwork(networks, endpoints),
            new ConnectNetwork(
                networks,
                memberships,
                own,
                sandboxes,
                each -> host.rewriteResolver(each.record()),
                host::request,
                lives),
            new DisconnectNetwork(networks, memberships, own, sandboxes, host::request, lives)));
  }

  @Override
  public void close() {
    memberships.close();
  }
}
