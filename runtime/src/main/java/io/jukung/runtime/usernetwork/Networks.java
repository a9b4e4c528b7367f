package io.jukung.runtime.usernetwork;

import io.jukung.client.v1.CreateNetworkRequest;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.runtime.call.Clock;
import io.jukung.runtime.call.NamedLocks;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.network.PodNetwork;
import io.jukung.runtime.network.cni.NetworkConfiguration;
import io.jukung.runtime.network.cni.PluginConfiguration;
import io.jukung.runtime.store.ObjectId;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The networks of the node that users have made. A network is removed only while no running pod is
 * in it. Thread-safe: each network has a lock, by its id, for who uses it and what the kernel has
 * for it.
 */
public final class Networks {
  private static final Logger LOG = LoggerFactory.getLogger(Networks.class);

  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}");

  /** The names that are no networks of users; {@code pod} is another word for bridge. */
  static final Set<String> RESERVED = Set.of("bridge", "host", "none", "default", "pod");

  private final NetworkFiles files;
  private final PodNetwork pods;
  private final AddressPools pools;
  private final NetworkGuard guard = new NetworkGuard();
  private final Set<String> podBridges = ConcurrentHashMap.newKeySet();
  private final NamedLocks locks = new NamedLocks();
  private final Map<String, NetworkRecord> byId = new ConcurrentHashMap<>();

  /** The sandboxes that are connected to a network, or about to be, by the network's id. */
  private final Map<String, Set<String>> users = new ConcurrentHashMap<>();

  /** Held while a network is made, so that no two get one name or one subnet. */
  private final ReentrantLock creating = new ReentrantLock();

  private final Executor background;

  /** Makes an empty store. {@link #load} fills it. */
  public Networks(StateFiles files, PodNetwork pods, Config.Network settings) {
    // Not on a virtual thread, whose carrier would be blocked by the wait for a program.
    this(files, pods, settings, work -> Thread.ofPlatform().daemon().name("networks").start(work));
  }

  Networks(StateFiles files, PodNetwork pods, Config.Network settings, Executor background) {
    this.files = new NetworkFiles(files);
    this.pods = pods;
    this.pools = new AddressPools(settings);
    this.background = background;
  }

  /** Takes over the settings for networks that are made from now on. */
  public void reconfigure(Config.Network settings) {
    pools.use(settings);
  }

  /**
   * Reads the networks of an earlier daemon. To be called before anything else. A removal that it
   * has not finished is finished in the background.
   */
  public void load() throws IOException {
    for (NetworkRecord each : files.load()) {
      if (each.removing()) {
        background.execute(() -> finishRemoval(each));
      } else {
        byId.put(each.id(), each);
      }
    }
  }

  private void finishRemoval(NetworkRecord network) {
    try (NamedLocks.Held _ = locks.acquire(network.id())) {
      discard(network);
    } catch (IOException e) {
      LOG.error(
          "network {} cannot be removed completely, the next start tries again: {}",
          network.name(),
          e.getMessage());
    }
  }

  /** All networks, in the order of their names. */
  List<NetworkRecord> all() {
    return byId.values().stream().sorted(Comparator.comparing(NetworkRecord::name)).toList();
  }

  /**
   * Finds a network.
   *
   * @param reference its name, its id, or the beginning of an id
   * @throws CriException INVALID_ARGUMENT if several ids begin so
   */
  Optional<NetworkRecord> find(String reference) {
    NetworkRecord exact = byId.get(reference);
    if (exact != null) { // another network may have this id as its name
      return Optional.of(exact);
    }
    Optional<NetworkRecord> named =
        byId.values().stream().filter(each -> each.name().equals(reference)).findFirst();
    if (named.isPresent() || reference.isEmpty()) {
      return named;
    }
    List<NetworkRecord> begin =
        byId.values().stream().filter(each -> each.id().startsWith(reference)).toList();
    if (begin.size() > 1) {
      throw CriException.invalidArgument(
          "network " + reference + ": the ids of " + begin.size() + " networks begin so");
    }
    return begin.stream().findFirst();
  }

  NetworkRecord get(String reference) {
    return find(reference)
        .orElseThrow(() -> CriException.notFound("there is no network " + reference));
  }

  /** Makes a network. */
  NetworkRecord create(CreateNetworkRequest request) throws IOException {
    String name = request.getName();
    if (!NAME.matcher(name).matches()) {
      throw CriException.invalidArgument(
          "CreateNetwork: not a name: \"" + name + "\" (letters, digits, _ . -, at most 128)");
    }
    if (RESERVED.contains(name)) {
      throw CriException.invalidArgument("CreateNetwork: the name " + name + " is reserved");
    }
    NetworkDriver driver = NetworkPlan.driver(request);
    creating.lock();
    try {
      if (byId.values().stream().anyMatch(each -> each.name().equals(name))) {
        throw new CriException(
            ErrorKind.ALREADY_EXISTS, "CreateNetwork: there is a network " + name + " already");
      }
      NetworkRecord made =
          new NetworkRecord(
              NetworkRecord.VERSION,
              ObjectId.random(),
              name,
              driver,
              Clock.now(),
              NetworkPlan.ranges(request, pools, taken()),
              request.getInternal(),
              request.getOptionsMap(),
              request.getLabelsMap(),
              false);
      boolean recorded = false;
      try {
        files.create(made);
        recorded = true;
      } finally {
        if (!recorded) {
          files.delete(made.id());
        }
      }
      byId.put(made.id(), made);
      LOG.info("network {} created", name);
      return made;
    } finally {
      creating.unlock();
    }
  }

  /** The subnets of all networks, and those that pods have by default. */
  private List<Subnet> taken() {
    List<Subnet> taken = new ArrayList<>();
    byId.values().forEach(each -> each.ranges().forEach(range -> taken.add(range.parsed())));
    pods.present().ifPresent(present -> taken.addAll(PodSubnets.of(present)));
    return taken;
  }

  /**
   * Removes a network.
   *
   * @throws CriException FAILED_PRECONDITION if a running pod is in it
   */
  void remove(NetworkRecord network, String usersForError) throws IOException {
    try (NamedLocks.Held _ = locks.acquire(network.id())) {
      if (!byId.containsKey(network.id())) {
        throw CriException.notFound("there is no network " + network.name());
      }
      if (!users.getOrDefault(network.id(), Set.of()).isEmpty()
          || pods.hasAttachments(network.cniName())) {
        throw CriException.failedPrecondition(
            "network "
                + network.name()
                + " is in use by "
                + usersForError
                + ", and is not removed");
      }
      NetworkRecord removed = network.beingRemoved();
      if (!network.removing()) {
        files.write(removed); // what follows is done again after a crash
      }
      byId.put(network.id(), removed); // and by the next call, if it fails
      discard(network);
      byId.remove(network.id());
      LOG.info("network {} removed", network.name());
    }
  }

  private void discard(NetworkRecord network) throws IOException {
    guard.remove(network);
    files.delete(network.id());
  }

  /**
   * Notes that a sandbox is about to be connected to a network, which is not removed until {@link
   * #release}, and keeps the network apart from others.
   *
   * @throws CriException NOT_FOUND if the network does not exist any more
   */
  NetworkRecord use(String networkId, String sandboxId) throws IOException {
    try (NamedLocks.Held _ = locks.acquire(networkId)) {
      NetworkRecord network = byId.get(networkId);
      if (network == null || network.removing()) {
        throw CriException.notFound(
            "a network of this container was removed: "
                + networkId
                + "; disconnect the container from it");
      }
      guard.ensureGuarded(network, podBridges());
      take(networkId, sandboxId);
      return network;
    }
  }

  /** Notes the networks in which an earlier daemon has put a sandbox. */
  void take(String networkId, String sandboxId) {
    users.computeIfAbsent(networkId, _ -> ConcurrentHashMap.newKeySet()).add(sandboxId);
  }

  /** Makes the tables of all networks with pods anew, in case a program has flushed them. */
  public void guardUsed() {
    for (NetworkRecord each : all()) {
      if (!users.getOrDefault(each.id(), Set.of()).isEmpty()) {
        try (NamedLocks.Held _ = locks.acquire(each.id())) {
          guard.ensureGuarded(each, podBridges());
        } catch (IOException e) {
          LOG.error("{}", e.getMessage());
        }
      }
    }
  }

  void release(String networkId, String sandboxId) {
    users.computeIfPresent(
        networkId,
        (_, ids) -> {
          ids.remove(sandboxId);
          return ids;
        });
  }

  /** Notes that a sandbox is connected to no network any more. */
  void release(String sandboxId) {
    users.keySet().forEach(each -> release(each, sandboxId));
  }

  /** Where the addresses are kept that the network has given out. */
  Path addresses(NetworkRecord network) {
    return files.addresses(network.id());
  }

  /**
   * The bridges that the network of pods has had since the daemon's start: pods that are on an
   * earlier one run on, and a configuration that is missing for a moment opens nothing.
   */
  private Set<String> podBridges() {
    Optional<NetworkConfiguration> present = pods.present();
    if (present.isPresent()) {
      for (PluginConfiguration plugin : present.get().plugins()) {
        if (plugin.type().equals("bridge")) {
          podBridges.add(plugin.json().path("bridge").asText("cni0"));
        }
      }
    }
    return new TreeSet<>(podBridges);
  }
}
