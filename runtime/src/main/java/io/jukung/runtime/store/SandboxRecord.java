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
    @Nullable PodLimits limits) {

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
    return with(state, setUp, newAddresses, shimPid, limits);
  }

  public SandboxRecord withShimPid(int pid) {
    return with(state, networkSetUp, addresses, pid, limits);
  }

  public SandboxRecord withLimits(PodLimits newLimits) {
    return with(state, networkSetUp, addresses, shimPid, newLimits);
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
        limits);
  }

  private SandboxRecord withState(State next) {
    if (!state.canBecome(next)) {
      throw new IllegalStateException("a sandbox that is " + state + " cannot become " + next);
    }
    return with(next, networkSetUp, addresses, shimPid, limits);
  }

  /** A record of the same sandbox with other values for what can change. */
  private SandboxRecord with(
      State newState,
      boolean setUp,
      List<String> newAddresses,
      int newShimPid,
      @Nullable PodLimits newLimits) {
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
        newLimits);
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
          user);
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
