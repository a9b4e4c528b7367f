package io.jukung.runtime.store;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import io.jukung.linux.namespace.IdMappings;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code sandbox.json} and {@code status.json}: what is known of a sandbox. A record is written
 * before what it says is acted on. Immutable: each change makes a new record.
 *
 * @param version {@link #VERSION}
 * @param createdAt nanoseconds since the epoch
 * @param networkSetUp whether the pod's network may exist: set before ADD, cleared after DEL
 * @param addresses the pod's IPs, the primary one first; empty with the host's network
 * @param shimPid the process id of the adopted shim; 0 if there is none
 * @param limits of the whole pod, as last asked for; null: none
 * @param memberships the user networks that the pod is in, the one with its default route first;
 *     empty: the pod has the network of kubelet's pods, or that of the host
 */
@JsonInclude(Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record SandboxRecord(
    int version,
    String id,
    SandboxName name,
    State state,
    long createdAt,
    String runtimeHandler,
    SandboxConfig config,
    boolean networkSetUp,
    List<String> addresses,
    int shimPid,
    @Nullable PodLimits limits,
    List<Membership> memberships) {

  public static final int VERSION = 1;

  /**
   * Where a sandbox is in its life.
   *
   * <pre>
   *                      ◄── made again ──
   *   CREATING ──────► READY ──────► NOT_READY ──► (removed)
   *      │ roll back                     ▲
   *      ├────────────► (removed)        │
   *      └─ roll back failed ────────────┘
   * </pre>
   *
   * A CREATING record that is found when the daemon starts is rolled back. NOT_READY is a sandbox
   * that is stopped, or is being stopped, or whose shim died. What such a sandbox still has is
   * released by the next stop. A pod of jukung's own can be made again, with all it consists of.
   */
  public enum State {
    CREATING,
    READY,
    NOT_READY;

    /** The transition table. */
    private boolean canBecome(State next) {
      return switch (this) {
        case CREATING -> next == READY || next == NOT_READY;
        case READY -> next == NOT_READY;
        case NOT_READY -> next == READY || next == NOT_READY;
      };
    }
  }

  public SandboxRecord {
    // NON_EMPTY leaves empty strings out of the document too.
    runtimeHandler = Json.orEmpty(runtimeHandler);
    addresses = Json.orEmpty(addresses);
    memberships = Json.orEmpty(memberships);
  }

  /** A record of a pod that is in no user network. */
  public SandboxRecord(
      int version,
      String id,
      SandboxName name,
      State state,
      long createdAt,
      String runtimeHandler,
      SandboxConfig config,
      boolean networkSetUp,
      List<String> addresses,
      int shimPid,
      @Nullable PodLimits limits) {
    this(
        version,
        id,
        name,
        state,
        createdAt,
        runtimeHandler,
        config,
        networkSetUp,
        addresses,
        shimPid,
        limits,
        List.of());
  }

  @JsonIgnore
  public boolean isReady() {
    return state == State.READY;
  }

  /** A sandbox whose creation has succeeded. */
  public SandboxRecord ready() {
    return withState(State.READY);
  }

  /** A sandbox that takes no more work. */
  public SandboxRecord notReady() {
    return withState(State.NOT_READY);
  }

  /** A sandbox of which the host holds nothing any more. */
  public SandboxRecord tornDown() {
    return withNetwork(false, addresses).withShimPid(0);
  }

  public SandboxRecord withNetwork(boolean setUp, List<String> newAddresses) {
    return with(state, setUp, newAddresses, shimPid, limits, memberships);
  }

  public SandboxRecord withShimPid(int pid) {
    return with(state, networkSetUp, addresses, pid, limits, memberships);
  }

  public SandboxRecord withLimits(PodLimits newLimits) {
    return with(state, networkSetUp, addresses, shimPid, newLimits, memberships);
  }

  /** A record of the same sandbox in other networks; its addresses are those that it has there. */
  public SandboxRecord withMemberships(List<Membership> newMemberships) {
    List<String> all =
        newMemberships.stream().flatMap(each -> each.addresses().stream()).distinct().toList();
    return with(state, networkSetUp, all, shimPid, limits, newMemberships);
  }

  /** A record of the same sandbox with another name. */
  public SandboxRecord renamed(SandboxName newName, Map<String, String> newLabels) {
    return new SandboxRecord(
        version,
        id,
        newName,
        state,
        createdAt,
        runtimeHandler,
        config.withLabels(newLabels),
        networkSetUp,
        addresses,
        shimPid,
        limits,
        memberships);
  }

  /** A record of the same sandbox with a user namespace of its own. */
  public SandboxRecord withUser(IdMappings ids) {
    return new SandboxRecord(
        version,
        id,
        name,
        state,
        createdAt,
        runtimeHandler,
        config.withUser(ids),
        networkSetUp,
        addresses,
        shimPid,
        limits,
        memberships);
  }

  private SandboxRecord withState(State next) {
    if (!state.canBecome(next)) {
      throw new IllegalStateException("a sandbox that is " + state + " cannot become " + next);
    }
    return with(next, networkSetUp, addresses, shimPid, limits, memberships);
  }

  /**
   * A record of the same sandbox with other values for what can change; this one if none is other.
   */
  @SuppressWarnings("ReferenceEquality") // equal limits and memberships may be written once more
  private SandboxRecord with(
      State newState,
      boolean setUp,
      List<String> newAddresses,
      int newShimPid,
      @Nullable PodLimits newLimits,
      List<Membership> newMemberships) {
    if (newState == state
        && setUp == networkSetUp
        && newAddresses.equals(addresses)
        && newShimPid == shimPid
        && newLimits == limits
        && newMemberships == memberships) {
      return this;
    }
    return new SandboxRecord(
        version,
        id,
        name,
        newState,
        createdAt,
        runtimeHandler,
        config,
        setUp,
        newAddresses,
        newShimPid,
        newLimits,
        newMemberships);
  }

  /**
   * What a pod of jukung's own is in a network.
   *
   * @param networkId the id of a user network, or {@link #POD_NETWORK} or {@link #NO_NETWORK}
   * @param interfaceName the interface in the pod; empty while the pod is not connected
   * @param aliases names besides that of the container
   * @param links the names of other containers by the names that this one finds them under
   * @param ip the address of IPv4 that was asked for; empty: any
   * @param ip6 the address of IPv6 that was asked for; empty: any
   * @param mac the hardware address that was asked for; empty: any
   * @param addresses what the pod has in the network while it runs
   */
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Membership(
      String networkId,
      String interfaceName,
      List<String> aliases,
      Map<String, String> links,
      String ip,
      String ip6,
      String mac,
      List<String> addresses) {
    /** Stands for the network of kubelet's pods. */
    public static final String POD_NETWORK = "bridge";

    /** Stands for having no network. */
    public static final String NO_NETWORK = "none";

    public Membership {
      // NON_EMPTY leaves empty values out of the document too.
      networkId = Json.orEmpty(networkId);
      interfaceName = Json.orEmpty(interfaceName);
      aliases = Json.orEmpty(aliases);
      links = Json.orEmpty(links);
      ip = Json.orEmpty(ip);
      ip6 = Json.orEmpty(ip6);
      mac = Json.orEmpty(mac);
      addresses = Json.orEmpty(addresses);
    }

    /** The membership of a pod that is connected. */
    public Membership connected(String newInterface, List<String> newAddresses) {
      return new Membership(networkId, newInterface, aliases, links, ip, ip6, mac, newAddresses);
    }

    /** Whether the network is one that a user has made. */
    @JsonIgnore
    public boolean isOfUser() {
      return !networkId.equals(POD_NETWORK) && !networkId.equals(NO_NETWORK);
    }
  }

  /** Whether the pod is in a network that a user has made, where names of containers are known. */
  @JsonIgnore
  public boolean isInUserNetwork() {
    return memberships.stream().anyMatch(Membership::isOfUser);
  }

  /**
   * What the pod as a whole may use.
   *
   * @param overhead what running the pod takes besides its containers; null: not known
   * @param resources the sum of the limits of its containers; null: none
   */
  @JsonInclude(Include.NON_EMPTY)
  public record PodLimits(
      ContainerRecord.@Nullable Resources overhead,
      ContainerRecord.@Nullable Resources resources) {}

  /**
   * The part of PodSandboxConfig that outlives the call.
   *
   * @param user the id mappings of the user namespace; null: the pod uses that of the host
   */
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record SandboxConfig(
      String hostname,
      String logDirectory,
      @Nullable Dns dns,
      List<PortMapping> portMappings,
      Map<String, String> labels,
      Map<String, String> annotations,
      String cgroupParent,
      Map<String, String> sysctls,
      NamespaceOwner network,
      NamespaceOwner pid,
      NamespaceOwner ipc,
      boolean privileged,
      @Nullable IdMappings user) {
    public SandboxConfig {
      // NON_EMPTY leaves empty strings out of the document too.
      hostname = Json.orEmpty(hostname);
      logDirectory = Json.orEmpty(logDirectory);
      cgroupParent = Json.orEmpty(cgroupParent);
      portMappings = Json.orEmpty(portMappings);
      labels = Json.orEmpty(labels);
      annotations = Json.orEmpty(annotations);
      sysctls = Json.orEmpty(sysctls);
    }

    SandboxConfig withLabels(Map<String, String> newLabels) {
      return with(newLabels, user);
    }

    SandboxConfig withUser(IdMappings ids) {
      return with(labels, ids);
    }

    private SandboxConfig with(Map<String, String> newLabels, @Nullable IdMappings ids) {
      return new SandboxConfig(
          hostname,
          logDirectory,
          dns,
          portMappings,
          newLabels,
          annotations,
          cgroupParent,
          sysctls,
          network,
          pid,
          ipc,
          privileged,
          ids);
    }

    @JsonIgnore
    public boolean isHostNetwork() {
      return network == NamespaceOwner.NODE;
    }

    @JsonIgnore
    public boolean isHostIpc() {
      return ipc == NamespaceOwner.NODE;
    }

    @JsonIgnore
    public boolean isSharedPid() {
      return pid == NamespaceOwner.POD;
    }
  }

  /** The content of resolv.conf(5). */
  @JsonInclude(Include.NON_EMPTY)
  public record Dns(List<String> servers, List<String> searches, List<String> options) {
    public Dns {
      servers = Json.orEmpty(servers);
      searches = Json.orEmpty(searches);
      options = Json.orEmpty(options);
    }
  }

  /**
   * A port of the host that leads to a port of the pod.
   *
   * @param protocol {@code tcp}, {@code udp} or {@code sctp}
   */
  public record PortMapping(String protocol, int containerPort, int hostPort, String hostIp) {}
}
