package io.jukung.runtime.usernetwork;

import io.jukung.client.v1.NetworkEndpoint;
import io.jukung.runtime.dns.NameSource;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxRecord.Membership;
import io.jukung.runtime.store.SandboxStore;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which containers are in which networks, and under which names they find each other. The records
 * of the pods say so; nothing is kept here. Thread-safe.
 */
public final class Endpoints implements NameSource {
  private static final int SHORT_ID = 12;

  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final Networks networks;

  public Endpoints(SandboxStore sandboxes, ContainerStore containers, Networks networks) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.networks = networks;
  }

  /** The containers in a network, running or not, in the order of their names. */
  List<NetworkEndpoint> of(String networkId) {
    List<NetworkEndpoint> found = new ArrayList<>();
    for (Sandbox sandbox : sandboxes.all()) {
      for (Membership each : memberships(sandbox.record())) {
        if (each.networkId().equals(networkId)) {
          found.add(endpoint(sandbox, each));
        }
      }
    }
    found.sort(Comparator.comparing(NetworkEndpoint::getContainerName));
    return found;
  }

  /** The memberships of a pod of jukung's own; its default networks count as memberships, too. */
  private static List<Membership> memberships(SandboxRecord sandbox) {
    if (!sandbox.memberships().isEmpty() || !OwnContainers.isOwn(sandbox)) {
      return sandbox.memberships();
    }
    String network = sandbox.config().isHostNetwork() ? "host" : Membership.POD_NETWORK;
    return List.of(
        new Membership(network, "", List.of(), Map.of(), "", "", "", sandbox.addresses()));
  }

  private NetworkEndpoint endpoint(Sandbox sandbox, Membership membership) {
    NetworkEndpoint.Builder endpoint =
        NetworkEndpoint.newBuilder()
            .setContainerName(name(sandbox.record()))
            .addAllAliases(membership.aliases());
    containerId(sandbox).ifPresent(endpoint::setContainerId);
    if (sandbox.isReady()) {
      endpoint.addAllAddresses(membership.addresses()).setInterfaceName(membership.interfaceName());
    }
    return endpoint.build();
  }

  /** Names the running containers in a network for an error text. */
  String describe(String networkId) {
    List<String> names =
        of(networkId).stream()
            .filter(each -> each.getAddressesCount() > 0)
            .map(NetworkEndpoint::getContainerName)
            .toList();
    return names.isEmpty()
        ? "a container that is being started or stopped"
        : (names.size() == 1 ? "container " : "containers ") + String.join(", ", names);
  }

  private static String name(SandboxRecord sandbox) {
    return sandbox.config().labels().getOrDefault(OwnContainers.LABEL, "");
  }

  private Optional<String> containerId(Sandbox sandbox) {
    List<Container> members = containers.of(sandbox.id());
    return members.size() == 1 ? Optional.of(members.getFirst().id()) : Optional.empty();
  }

  @Override
  public Optional<List<InetAddress>> addresses(String sandboxId, String name) {
    Optional<Sandbox> asker = sandboxes.find(sandboxId);
    if (asker.isEmpty()) {
      return Optional.empty();
    }
    Set<InetAddress> found = new LinkedHashSet<>();
    boolean known = false;
    String wanted = name.toLowerCase(Locale.ROOT);
    for (Membership own : asker.get().record().memberships()) {
      if (own.isOfUser()) {
        Set<String> names = wantedIn(own, wanted);
        for (Sandbox each : sandboxes.all()) {
          if (each.isReady() && answers(each, own.networkId(), names, found)) {
            known = true;
          }
        }
      }
    }
    return known ? Optional.of(List.copyOf(found)) : Optional.empty();
  }

  /** The names of containers that a question in a network can mean: NAME, LINK or NAME.NETWORK. */
  private Set<String> wantedIn(Membership own, String wanted) {
    Set<String> names = new LinkedHashSet<>();
    names.add(wanted);
    own.links()
        .forEach(
            (link, target) -> {
              if (link.toLowerCase(Locale.ROOT).equals(wanted)) {
                names.add(target.toLowerCase(Locale.ROOT));
              }
            });
    networks
        .find(own.networkId())
        .map(network -> "." + network.name().toLowerCase(Locale.ROOT))
        .filter(wanted::endsWith)
        .ifPresent(suffix -> names.add(wanted.substring(0, wanted.length() - suffix.length())));
    return names;
  }

  private boolean answers(
      Sandbox sandbox, String networkId, Set<String> wanted, Set<InetAddress> found) {
    boolean known = false;
    for (Membership each : sandbox.record().memberships()) {
      if (each.networkId().equals(networkId) && hasOneOf(sandbox, each, wanted)) {
        known = true;
        each.addresses().forEach(address -> found.add(InetAddress.ofLiteral(address)));
      }
    }
    return known;
  }

  private boolean hasOneOf(Sandbox sandbox, Membership membership, Set<String> wanted) {
    SandboxRecord record = sandbox.record();
    return wanted.contains(name(record).toLowerCase(Locale.ROOT))
        || wanted.contains(record.config().hostname().toLowerCase(Locale.ROOT))
        || membership.aliases().stream().anyMatch(a -> wanted.contains(a.toLowerCase(Locale.ROOT)))
        || (wanted.stream().anyMatch(each -> each.length() == SHORT_ID)
            && containerId(sandbox)
                .filter(id -> wanted.contains(id.substring(0, SHORT_ID)))
                .isPresent());
  }

  @Override
  public Optional<String> name(String sandboxId, InetAddress address) {
    Optional<Sandbox> asker = sandboxes.find(sandboxId);
    if (asker.isEmpty()) {
      return Optional.empty();
    }
    Set<String> shared =
        asker.get().record().memberships().stream()
            .filter(Membership::isOfUser)
            .map(Membership::networkId)
            .collect(Collectors.toSet());
    String text = Subnet.text(address);
    for (Sandbox each : sandboxes.all()) {
      for (Membership membership : each.record().memberships()) {
        if (each.isReady()
            && shared.contains(membership.networkId())
            && membership.addresses().contains(text)) {
          String network =
              networks.find(membership.networkId()).map(NetworkRecord::name).orElse("");
          return Optional.of(name(each.record()) + (network.isEmpty() ? "" : "." + network));
        }
      }
    }
    return Optional.empty();
  }

  @Override
  public boolean leadsOut(String sandboxId) {
    return sandboxes
        .find(sandboxId)
        .map(Sandbox::record)
        .filter(
            record ->
                record.memberships().stream()
                    .anyMatch(
                        each ->
                            each.networkId().equals(Membership.POD_NETWORK)
                                || networks
                                    .find(each.networkId())
                                    .filter(NetworkRecord::leadsOut)
                                    .isPresent()))
        .isPresent();
  }

  @Override
  public List<String> servers(String sandboxId) {
    return sandboxes
        .find(sandboxId)
        .map(each -> each.record().config().dns())
        .map(SandboxRecord.Dns::servers)
        .orElse(List.of());
  }
}
