package io.jukung.runtime.pod;

import io.jukung.cri.CriException;
import io.jukung.linux.namespace.Namespace;
import io.jukung.linux.namespace.NamespacePins;
import io.jukung.linux.probe.UserNamespaceSupport;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.network.HostListeners;
import io.jukung.runtime.network.PodNetwork;
import io.jukung.runtime.network.PodNetworkRequest;
import io.jukung.runtime.network.Readiness;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.own.PodOptions;
import io.jukung.runtime.sandboxfiles.SandboxFiles;
import io.jukung.runtime.sandboxfiles.SharedMemory;
import io.jukung.runtime.store.ObjectId;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxRecord.SandboxConfig;
import io.jukung.runtime.store.StateFiles;
import io.jukung.runtime.store.StatePaths;
import io.jukung.runtime.usernetwork.Memberships;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The namespaces that the kernel has for pods, and the networks that CNI plugins make. */
public final class LinuxPodHost implements PodHost {
  private static final Logger LOG = LoggerFactory.getLogger(LinuxPodHost.class);
  private static final Path HOSTNAME = Path.of("/proc/sys/kernel/hostname");

  private final StatePaths paths;
  private final PodNetwork network;
  private final Memberships memberships;
  private final SandboxFiles files;
  private volatile PodSysctls sysctls;

  private boolean userNamespacesTried;
  private Optional<String> missingForUserNamespaces = Optional.empty();

  /**
   * The host's pods.
   *
   * @param settings what pods with a network of their own get without asking
   */
  public LinuxPodHost(
      StatePaths paths,
      PodNetwork network,
      Memberships memberships,
      SandboxFiles files,
      Config.Network settings) {
    this.memberships = memberships;
    this.sysctls = new PodSysctls(settings);
    this.paths = paths;
    this.network = network;
    this.files = files;
  }

  /** Takes over the settings for pods that are made from now on. */
  public void reconfigure(Config.Network settings, Config.Cni cni) {
    sysctls = new PodSysctls(settings);
    network.reconfigure(cni);
  }

  @Override
  public void createNamespaces(SandboxRecord sandbox) throws IOException {
    SandboxConfig config = sandbox.config();
    if (config.user() != null) {
      missingForUserNamespaces()
          .ifPresent(
              missing -> {
                throw CriException.failedPrecondition(missing);
              });
    }
    Set<Namespace> kinds = EnumSet.noneOf(Namespace.class);
    Optional<String> hostname = Optional.empty();
    if (!config.isHostNetwork()) {
      kinds.add(Namespace.NETWORK);
      // A pod that uses the host's network uses the host's name too.
      kinds.add(Namespace.UTS);
      hostname = Optional.of(config.hostname()).filter(name -> !name.isEmpty());
    }
    if (!config.isHostIpc()) {
      kinds.add(Namespace.IPC);
    }
    pins(sandbox.id())
        .create(
            new NamespacePins.Request(
                kinds, hostname, sysctls.of(config), Optional.ofNullable(config.user())));
    if (!config.isHostIpc()) {
      SharedMemory.mount(paths.shm(sandbox.id()), config.user(), shmBytes(sandbox));
    }
  }

  private static long shmBytes(SandboxRecord sandbox) {
    long asked = PodOptions.of(sandbox).shmBytes();
    return asked == 0 ? SharedMemory.SIZE_BYTES : asked;
  }

  @Override
  public void removeNamespaces(String sandboxId) throws IOException {
    SharedMemory.remove(paths.shm(sandboxId));
    pins(sandboxId).remove();
  }

  @Override
  public SandboxRecord setUpNetwork(SandboxRecord sandbox) throws IOException {
    if (OwnContainers.isOwn(sandbox)) {
      HostListeners.refuse(sandbox.config().portMappings());
    }
    SandboxRecord connected =
        Memberships.has(sandbox)
            ? memberships.setUp(sandbox, request(sandbox))
            : sandbox.withNetwork(true, network.setUp(request(sandbox)));
    pins(sandbox.id()).writeInterfaceSysctls(sysctls.of(sandbox.config()));
    return connected;
  }

  @Override
  public void tearDownNetwork(SandboxRecord sandbox) throws IOException {
    if (Memberships.has(sandbox)) {
      memberships.tearDown(sandbox, request(sandbox));
    } else {
      network.tearDown(request(sandbox));
    }
  }

  /** Takes up the network that an earlier daemon made for a sandbox. */
  public void takeUpNetwork(SandboxRecord sandbox) {
    network.takeUp(request(sandbox));
    memberships.take(sandbox);
  }

  /**
   * Checks that the pod's network is as it was made.
   *
   * @throws IOException if it is not, with what is wrong
   */
  public void checkNetwork(SandboxRecord sandbox) throws IOException {
    network.check(request(sandbox));
  }

  /** Releases what network plugins hold for sandboxes that have no directory of records. */
  public void collectNetworkGarbage() throws IOException {
    network.collectGarbage(this::sandboxIds, paths.sandboxStates());
  }

  /** Something in the pod networks that belongs to no sandbox. */
  public record Leftover(String what, PodNetwork.Release release) {}

  /** Finds what is left in the pod networks of sandboxes that are no more. */
  public List<Leftover> networkLeftovers() throws IOException {
    List<Leftover> found = new ArrayList<>();
    network.leftovers(
        this::sandboxIds,
        paths.sandboxStates(),
        (what, release) -> found.add(new Leftover(what, release)));
    return found;
  }

  private Set<String> sandboxIds() throws IOException {
    return StateFiles.list(paths.sandboxes()).stream()
        .filter(ObjectId::isValid)
        .collect(Collectors.toSet());
  }

  @Override
  public void writeFiles(SandboxRecord sandbox) throws IOException {
    files.write(names(sandbox));
  }

  /** Writes the resolv.conf of a pod that runs and has joined its first user network. */
  public void rewriteResolver(SandboxRecord sandbox) throws IOException {
    files.rewriteResolvConf(names(sandbox));
  }

  private SandboxFiles.Names names(SandboxRecord sandbox) throws IOException {
    SandboxConfig config = sandbox.config();
    return new SandboxFiles.Names(
        sandbox.id(),
        hostname(config),
        config.isHostNetwork(),
        sandbox.addresses(),
        PodOptions.of(sandbox).hosts().stream()
            .map(each -> List.of(each.address(), each.name()))
            .toList(),
        Memberships.isServed(sandbox) ? files.ownResolver(config.dns()) : config.dns(),
        config.user());
  }

  @Override
  public Readiness networkReadiness() {
    return network.readiness();
  }

  @Override
  public void updatePodCidrs(String cidrs) throws IOException {
    network.updatePodCidrs(cidrs);
  }

  /** The first call tries it out, and later calls return the same answer. */
  @Override
  public synchronized Optional<String> missingForUserNamespaces() {
    if (!userNamespacesTried) {
      missingForUserNamespaces =
          UserNamespaceSupport.missing(paths.containers(), paths.sandboxStates());
      missingForUserNamespaces.ifPresent(LOG::warn);
      userNamespacesTried = true;
    }
    return missingForUserNamespaces;
  }

  /** The host name that the pod's processes see. */
  public static String hostname(SandboxConfig config) throws IOException {
    return config.hostname().isEmpty() || config.isHostNetwork()
        ? Files.readString(HOSTNAME).strip()
        : config.hostname();
  }

  private NamespacePins pins(String sandboxId) {
    return new NamespacePins(paths.namespaces(sandboxId));
  }

  /** What network plugins are told about a pod. */
  public PodNetworkRequest request(SandboxRecord sandbox) {
    SandboxConfig config = sandbox.config();
    return new PodNetworkRequest(
        sandbox.id(),
        sandbox.name().name(),
        sandbox.name().namespace(),
        sandbox.name().uid(),
        paths.namespace(sandbox.id(), Namespace.NETWORK.procName()),
        config.portMappings(),
        config.dns(),
        config.annotations(),
        config.cgroupParent());
  }
}
