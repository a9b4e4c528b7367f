package io.jukung.runtime.usernetwork;

import io.jukung.cri.CriException;
import io.jukung.linux.FreshThread;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.namespace.Namespace;
import io.jukung.linux.net.RouteNetlink;
import io.jukung.runtime.call.NamedLocks;
import io.jukung.runtime.dns.NameServer;
import io.jukung.runtime.dns.NameSource;
import io.jukung.runtime.network.PodNetwork;
import io.jukung.runtime.network.PodNetworkRequest;
import io.jukung.runtime.network.cni.NetworkConfiguration;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.own.PodOptions;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxRecord.Membership;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Puts pods of jukung's own into networks, takes them out, and serves them names there.
 * Thread-safe; set-up and tear-down of one pod are called one at a time.
 *
 * <p>A connection is on record in two places: that of its attachment, written before plugins run,
 * and the membership in the record of the pod, written when they have succeeded, and before they
 * take the connection away. So an attachment without a membership is what a crash has left, and
 * {@link #takeUp} detaches it.
 */
public final class Memberships implements AutoCloseable {
  private final Networks networks;
  private final PodNetwork pods;
  private final StateFiles files;
  private final NameSource names;
  private final MembershipPlan plan;
  private final NamedLocks locks = new NamedLocks();

  /** Made when the first pod needs it: a daemon without user networks loads nothing of it. */
  private @Nullable NameServer server;

  public Memberships(Networks networks, PodNetwork pods, StateFiles files, NameSource names) {
    this.networks = networks;
    this.pods = pods;
    this.files = files;
    this.names = names;
    this.plan = new MembershipPlan(networks);
  }

  /** Whether the networks of a pod are not, or not only, that of all pods. */
  public static boolean has(SandboxRecord sandbox) {
    return !sandbox.memberships().isEmpty() || !PodOptions.of(sandbox).networks().isEmpty();
  }

  /** Whether a pod that is set up is served names. */
  public static boolean isServed(SandboxRecord sandbox) {
    return sandbox.memberships().stream()
        .anyMatch(each -> !each.networkId().equals(Membership.NO_NETWORK));
  }

  private synchronized NameServer server() {
    if (server == null) {
      server = new NameServer(names);
    }
    return server;
  }

  private synchronized Optional<NameServer> startedServer() {
    return Optional.ofNullable(server);
  }

  /**
   * Connects a pod to all its networks. After a failure it may be connected to some until {@link
   * #tearDown}.
   *
   * @return the record with the memberships and the addresses
   */
  public SandboxRecord setUp(SandboxRecord sandbox, PodNetworkRequest request) throws IOException {
    List<Membership> wanted =
        sandbox.memberships().isEmpty()
            ? plan.of(PodOptions.of(sandbox).networks())
            : sandbox.memberships();
    pods.reservePorts(request);
    List<Membership> connected = new ArrayList<>();
    boolean leadsOut = false;
    boolean publishes = false;
    for (int i = 0; i < wanted.size(); i++) {
      Membership each = wanted.get(i);
      if (each.networkId().equals(Membership.NO_NETWORK)) {
        connected.add(each);
      } else if (!each.isOfUser()) {
        connected.add(each.connected(PodNetworkRequest.INTERFACE, pods.setUp(request)));
        leadsOut = true;
        publishes = true;
      } else {
        NetworkRecord network = networks.use(each.networkId(), sandbox.id());
        boolean isBridge = network.driver() == NetworkDriver.BRIDGE && network.leadsOut();
        PluginPlan.Role role =
            new PluginPlan.Role(
                !leadsOut && network.leadsOut(),
                !publishes && isBridge && request.wantsHostPorts());
        connected.add(attach(network, each, "eth" + i, role, request));
        leadsOut |= network.leadsOut();
        publishes |= isBridge;
      }
    }
    if (request.wantsHostPorts() && !publishes) {
      throw CriException.failedPrecondition(
          "ports of the host cannot lead to the container: none of its networks is a bridge that"
              + " leads out");
    }
    SandboxRecord result = sandbox.withNetwork(true, List.of()).withMemberships(connected);
    if (isServed(result)) {
      server().open(sandbox.id(), request.networkNamespace());
    }
    return result;
  }

  private Membership attach(
      NetworkRecord network,
      Membership membership,
      String interfaceName,
      PluginPlan.Role role,
      PodNetworkRequest request)
      throws IOException {
    var _ = MembershipPlan.checked(network, membership);
    List<InetAddress> asked =
        Stream.of(membership.ip(), membership.ip6())
            .filter(each -> !each.isEmpty())
            .map(InetAddress::ofLiteral)
            .toList();
    NetworkConfiguration configuration =
        PluginPlan.of(network, role, asked, networks.addresses(network));
    List<String> addresses =
        pods.attach(
            configuration,
            request.attachment(
                interfaceName,
                MembershipPlan.addresses(network, membership),
                membership.mac(),
                role.publishes()));
    return membership.connected(interfaceName, addresses);
  }

  /** Takes a pod out of all its networks. Repeating that is a no-op. */
  public void tearDown(SandboxRecord sandbox, PodNetworkRequest request) throws IOException {
    startedServer().ifPresent(each -> each.close(sandbox.id()));
    pods.release(request);
    networks.release(sandbox.id());
  }

  /** Notes the networks in which an earlier daemon has put a pod. */
  public void take(SandboxRecord sandbox) {
    for (Membership each : sandbox.memberships()) {
      if (each.isOfUser()) {
        networks.take(each.networkId(), sandbox.id());
      }
    }
  }

  /**
   * Takes up a pod of an earlier daemon, which may have been killed while it connected or
   * disconnected the pod. Detaches the pod from networks that its record does not name, gives it a
   * default route if it has lost its own, and serves it names again. Does nothing if the pod does
   * not run.
   */
  public void takeUp(
      Sandbox sandbox, PodNetworkRequest request, ConnectNetwork.PodResolver resolver)
      throws IOException {
    try (NamedLocks.Held _ = locks.acquire(sandbox.id())) {
      if (!sandbox.isReady() || !OwnContainers.isOwn(sandbox.record())) {
        return;
      }
      try (Sandbox.Operation _ = sandbox.begin("take-up of networks")) {
        if (isServed(sandbox.record())) {
          server().open(sandbox.id(), request.networkNamespace());
        }
        Set<String> known = interfaces(sandbox.record());
        for (String each : pods.interfaces(sandbox.id())) {
          if (!known.contains(each)) {
            pods.detach(sandbox.id(), each, request.networkNamespace());
          }
        }
        if (isServed(sandbox.record())) {
          leadOut(sandbox.record(), request, RouteNetlink::addDefaultRoute);
          resolver.use(sandbox);
        }
      }
    }
  }

  private static Set<String> interfaces(SandboxRecord sandbox) {
    Set<String> interfaces = new HashSet<>();
    current(sandbox).forEach(each -> interfaces.add(each.interfaceName()));
    return interfaces;
  }

  /** The memberships of a pod; that in the network of all pods is one, too. */
  private static List<Membership> current(SandboxRecord sandbox) {
    if (!sandbox.memberships().isEmpty()) {
      return sandbox.memberships();
    }
    Membership pod =
        new Membership(Membership.POD_NETWORK, "", List.of(), Map.of(), "", "", "", List.of());
    return List.of(pod.connected(PodNetworkRequest.INTERFACE, sandbox.addresses()));
  }

  /**
   * Connects a pod to one more network: at once if it runs, otherwise with its next start.
   *
   * @param wanted a membership in the network of {@code network}
   */
  void connect(Sandbox sandbox, NetworkRecord network, Membership wanted, PodNetworkRequest request)
      throws IOException {
    try (NamedLocks.Held _ = locks.acquire(sandbox.id())) {
      List<Membership> present = current(sandbox.record());
      if (present.stream().anyMatch(each -> each.networkId().equals(network.id()))) {
        throw CriException.failedPrecondition(
            "ConnectNetwork: the container is in network " + network.name() + " already");
      }
      var _ = MembershipPlan.checked(network, wanted);
      if (!sandbox.isReady()) {
        sandbox.update(files, record -> record.withMemberships(with(record, wanted)));
        return;
      }
      try (Sandbox.Operation _ = sandbox.begin("ConnectNetwork")) {
        connectNow(sandbox, network, wanted, request);
      }
    }
  }

  private void connectNow(
      Sandbox sandbox, NetworkRecord network, Membership wanted, PodNetworkRequest request)
      throws IOException {
    String free = freeInterface(sandbox.id());
    boolean leadsOut = current(sandbox.record()).stream().noneMatch(this::leadsOut);
    PluginPlan.Role role = new PluginPlan.Role(leadsOut && network.leadsOut(), false);
    boolean connected = false;
    try {
      NetworkRecord used = networks.use(network.id(), sandbox.id());
      Membership made = attach(used, wanted, free, role, request);
      server().open(sandbox.id(), request.networkNamespace());
      sandbox.update(files, record -> record.withMemberships(with(record, made)));
      connected = true;
    } finally {
      if (!connected) {
        pods.detach(sandbox.id(), free, request.networkNamespace());
        networks.release(network.id(), sandbox.id());
      }
    }
  }

  private String freeInterface(String sandboxId) throws IOException {
    Set<String> taken = pods.interfaces(sandboxId);
    int number = 0;
    while (taken.contains("eth" + number)) {
      number++;
    }
    return "eth" + number;
  }

  private static List<Membership> with(SandboxRecord sandbox, Membership more) {
    List<Membership> all = new ArrayList<>(current(sandbox));
    all.removeIf(each -> each.networkId().equals(Membership.NO_NETWORK));
    all.add(more);
    return all;
  }

  private boolean leadsOut(Membership membership) {
    return membership.networkId().equals(Membership.POD_NETWORK)
        || networks.find(membership.networkId()).filter(NetworkRecord::leadsOut).isPresent();
  }

  /**
   * Takes a pod out of one network: at once if it runs.
   *
   * @param networkId the id of a network that may be removed already
   */
  void disconnect(Sandbox sandbox, String networkId, PodNetworkRequest request) throws IOException {
    try (NamedLocks.Held _ = locks.acquire(sandbox.id())) {
      Membership left =
          current(sandbox.record()).stream()
              .filter(each -> each.networkId().equals(networkId))
              .findFirst()
              .orElseThrow(
                  () ->
                      CriException.notFound(
                          "DisconnectNetwork: the container is not in this network"));
      if (!sandbox.isReady()) {
        sandbox.update(files, record -> record.withMemberships(without(record, networkId)));
        return;
      }
      try (Sandbox.Operation _ = sandbox.begin("DisconnectNetwork")) {
        List<Membership> before = current(sandbox.record());
        sandbox.update(files, record -> record.withMemberships(without(record, networkId)));
        try {
          // Before the interface goes, with which the default route would go.
          if (leadsOut(left)) {
            leadOut(sandbox.record(), request, RouteNetlink::replaceDefaultRoute);
          }
          pods.detach(sandbox.id(), left.interfaceName(), request.networkNamespace());
        } catch (IOException e) { // the same call may be made again
          sandbox.update(files, record -> record.withMemberships(before));
          throw e;
        }
        networks.release(networkId, sandbox.id());
      }
    }
  }

  private static List<Membership> without(SandboxRecord sandbox, String networkId) {
    List<Membership> all = new ArrayList<>(current(sandbox));
    all.removeIf(each -> each.networkId().equals(networkId));
    if (all.isEmpty()) {
      all.add(
          new Membership(Membership.NO_NETWORK, "", List.of(), Map.of(), "", "", "", List.of()));
    }
    return all;
  }

  /** Makes a gateway that of the pod's default route. */
  @FunctionalInterface
  private interface Routing {
    void by(RouteNetlink netlink, InetAddress gateway) throws IOException;
  }

  /** Gives the pod the default route of a network, if one of its networks leads out. */
  private void leadOut(SandboxRecord sandbox, PodNetworkRequest request, Routing routing)
      throws IOException {
    if (sandbox.memberships().stream().anyMatch(each -> !each.isOfUser() && leadsOut(each))) {
      return; // the network of all pods has the default route
    }
    Optional<NetworkRecord> next =
        sandbox.memberships().stream()
            .filter(this::leadsOut)
            .findFirst()
            .flatMap(each -> networks.find(each.networkId()));
    if (next.isPresent()) {
      List<InetAddress> gateways =
          next.get().ranges().stream().map(each -> InetAddress.ofLiteral(each.gateway())).toList();
      try (Fd namespace =
          HostFile.open(request.networkNamespace().toString(), OpenFlags.O_RDONLY, 0)) {
        FreshThread.run(
            "default route",
            () -> {
              Namespace.NETWORK.enter(namespace);
              try (RouteNetlink netlink = RouteNetlink.open()) {
                for (InetAddress each : gateways) {
                  routing.by(netlink, each);
                }
              }
            });
      }
    }
  }

  @Override
  public void close() {
    startedServer().ifPresent(NameServer::close);
  }
}
