package io.jukung.runtime.network;

import io.jukung.cri.CriException;
import io.jukung.linux.io.Eventfd;
import io.jukung.linux.namespace.Namespace;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.network.HostLocalReservations.Reservation;
import io.jukung.runtime.network.cni.Attachment;
import io.jukung.runtime.network.cni.AttachmentRecord;
import io.jukung.runtime.network.cni.AttachmentRecords;
import io.jukung.runtime.network.cni.CniException;
import io.jukung.runtime.network.cni.CniResult;
import io.jukung.runtime.network.cni.NetworkConfiguration;
import io.jukung.runtime.network.cni.NetworkConfigurationDirectory;
import io.jukung.runtime.network.cni.PluginChain;
import io.jukung.runtime.network.cni.PluginRunner;
import io.jukung.runtime.network.cni.PluginSurvivors;
import io.jukung.runtime.network.cni.PluginThread;
import io.jukung.runtime.network.cni.PluginVersions;
import io.jukung.runtime.store.Ownership;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives pods networks of their own with CNI plugins. Thread-safe, but only one call at a time may
 * be made for the same pod.
 */
public final class PodNetwork {
  private static final Logger LOG = LoggerFactory.getLogger(PodNetwork.class);

  private static final Duration GC_POLL = Duration.ofMillis(100);

  private final NetworkConfigurationDirectory configurations;
  private final PluginRunner plugins;
  private final PluginVersions versions;
  private final PluginChain chain;
  private final NetworkStatus status;
  private final AttachmentRecords records;
  private final HostPorts hostPorts = new HostPorts();
  private final PodCidrFile podCidrs;
  private volatile Optional<RenderedConfiguration> rendered;

  /**
   * Held for reading by each ADD and DEL, and for writing by GC. The CNI specification requires
   * that GC runs alone (section 2, "GC"): plugins would take an attachment that begins after the
   * valid ones were listed for garbage.
   */
  private final ReadWriteLock collecting = new ReentrantReadWriteLock();

  private final GcLimits gcLimits;
  private final NetworkClaims claims;

  /**
   * Makes the pod network of a node.
   *
   * @param podCidrFile the file that keeps the node's pod ranges
   */
  public PodNetwork(Config.Cni config, Path podCidrFile) {
    this(config, podCidrFile, GcLimits.DEFAULT);
  }

  PodNetwork(Config.Cni config, Path podCidrFile, GcLimits gcLimits) {
    this.gcLimits = gcLimits;
    this.configurations = new NetworkConfigurationDirectory(config.confDir());
    this.plugins = new PluginRunner(config.binDirs(), config.timeout());
    this.versions = new PluginVersions(plugins);
    this.chain = new PluginChain(plugins);
    this.status = new NetworkStatus(chain);
    this.records = new AttachmentRecords(config.cacheDir());
    this.claims = new NetworkClaims(config.cacheDir());
    this.podCidrs = new PodCidrFile(podCidrFile);
    this.rendered = rendered(config);
  }

  private static Optional<RenderedConfiguration> rendered(Config.Cni config) {
    return config.confTemplate().isEmpty()
        ? Optional.empty()
        : Optional.of(new RenderedConfiguration(Path.of(config.confTemplate()), config.confDir()));
  }

  /**
   * Takes over the settings for what begins from now on. The directory of records stays: it has the
   * networks of the pods that run.
   */
  public void reconfigure(Config.Cni config) {
    configurations.use(config.confDir());
    plugins.use(config.binDirs(), config.timeout());
    rendered = rendered(config);
  }

  /**
   * Keeps daemons of other roots from using the records of attachments and the networks that this
   * one uses, from now on.
   *
   * @throws Ownership.OwnedByOtherException if another daemon uses them
   */
  public void claim(Ownership ownership) throws IOException {
    claims.begin(ownership);
    records.removeUnfinished();
    Optional<NetworkConfiguration> present = configurations.contents().network();
    if (present.isPresent()) {
      claims.claim(present.get());
    }
  }

  /**
   * Stores the node's pod ranges. They are passed to plugins that declare the capability {@code
   * ipRanges}, and rendered into the template of a network configuration, unless another
   * configuration is in use.
   *
   * @param text one range, or several that are separated by commas
   */
  public void updatePodCidrs(String text) throws IOException {
    PodCidrs cidrs = PodCidrs.parse(text);
    podCidrs.replace(cidrs);
    Optional<Path> inUse = configurations.contents().file();
    boolean ownOrNone = inUse.isEmpty() || inUse.get().endsWith(RenderedConfiguration.FILE_NAME);
    if (ownOrNone && rendered.isPresent()) {
      rendered.get().write(cidrs);
    }
  }

  /**
   * Whether pods can get a network now. Files are read only if they have changed, and plugins that
   * support STATUS are asked every few seconds at most.
   */
  public Readiness readiness() {
    NetworkConfigurationDirectory.Contents contents = configurations.contents();
    if (contents.network().isEmpty()) {
      return Readiness.notReady(noNetwork(contents));
    }
    return problem(contents.network().get())
        .map(Readiness::notReady)
        .orElseGet(() -> Readiness.ready(ignored(contents)));
  }

  private Optional<String> problem(NetworkConfiguration network) {
    Optional<String> missing = plugins.missingPlugin(network);
    if (missing.isPresent()) {
      return missing;
    }
    try {
      claims.claim(network);
      return status.problem(
          PluginThread.call("cni-version", cancel -> versions.settle(network, cancel)));
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Names the invalid files that come before the one in use: the person who wrote them expects an
   * effect.
   */
  private static String ignored(NetworkConfigurationDirectory.Contents contents) {
    return contents.problems().isEmpty()
        ? ""
        : "ignored: " + PluginRunner.quote(String.join("; ", contents.problems()));
  }

  /**
   * Gives the pod its network (ADD). After a failure the pod may hold addresses until {@link
   * #tearDown}.
   *
   * @return the pod's IP addresses, the primary one first; never empty
   * @throws CriException INVALID_ARGUMENT if the request cannot be passed to plugins,
   *     FAILED_PRECONDITION if there is no network configuration or a host port belongs to another
   *     pod; no plugin has run then
   * @throws CniException if a plugin failed
   */
  public List<String> setUp(PodNetworkRequest request) throws IOException {
    request.check();
    NetworkConfigurationDirectory.Contents contents = configurations.contents();
    NetworkConfiguration network =
        contents
            .network()
            .orElseThrow(
                () -> CriException.failedPrecondition("pod network: " + noNetwork(contents)));
    Optional<String> missing = plugins.missingPlugin(network);
    if (missing.isPresent()) {
      throw new CniException("pod network: " + missing.get());
    }
    claims.claim(network);
    warnOfUnservedPorts(request, network);
    refuseUnservedMac(request, network);
    hostPorts.reserve(request);
    return attach(
        network, request.attachment(request.networkNamespace().toString(), podCidrs.current()));
  }

  /**
   * Connects a pod to a network of its maker (ADD), which need not be the one in the directory of
   * configurations. After a failure the pod may hold addresses until {@link #detach} or {@link
   * #release}.
   *
   * @return the pod's addresses in this network, the primary one first; never empty
   */
  public List<String> attach(NetworkConfiguration network, Attachment attachment)
      throws IOException {
    Optional<String> missing = plugins.missingPlugin(network);
    if (missing.isPresent()) {
      throw new CniException("network " + network.name() + ": " + missing.get());
    }
    collecting.readLock().lock();
    try {
      return PluginThread.call(
          "cni-add-" + attachment.containerId(),
          cancel -> add(versions.settle(network, cancel), attachment, cancel));
    } finally {
      collecting.readLock().unlock();
    }
  }

  /**
   * Takes one interface of a pod away (DEL), with the configuration of its ADD. Does nothing if
   * there is no record of an ADD.
   *
   * @param namespace the path where the pod's network namespace is pinned
   */
  public void detach(String sandboxId, String interfaceName, Path namespace) throws IOException {
    for (AttachmentRecord record : records.of(sandboxId)) {
      if (record.attachment().interfaceName().equals(interfaceName)) {
        if (record.result().isEmpty()) {
          PluginSurvivors.end(sandboxId);
        }
        delete(record, pathIfThere(namespace));
      }
    }
  }

  /** The names of the interfaces that the pod has, or that an ADD has left half made. */
  public Set<String> interfaces(String sandboxId) throws IOException {
    return records.of(sandboxId).stream()
        .map(each -> each.attachment().interfaceName())
        .collect(Collectors.toSet());
  }

  /** Whether a pod is attached to the network, or perhaps is. */
  public boolean hasAttachments(String networkName) throws IOException {
    return records.all().stream().anyMatch(each -> each.network().name().equals(networkName));
  }

  /**
   * Reserves the ports of the host that the pod asks for, after checking the request.
   *
   * @throws CriException as {@link #setUp}
   */
  public void reservePorts(PodNetworkRequest request) {
    request.check();
    hostPorts.reserve(request);
  }

  /** The network that pods have by default; empty if there is no valid configuration. */
  public Optional<NetworkConfiguration> present() {
    return configurations.contents().network();
  }

  private List<String> add(NetworkConfiguration network, Attachment attachment, Eventfd cancel)
      throws IOException {
    AttachmentRecord record = new AttachmentRecord(attachment, network, Optional.empty());
    records.write(record); // before ADD, because a failed ADD may hold an address
    CniResult result = chain.add(network, attachment, cancel);
    records.write(record.withResult(result.json()));
    List<String> addresses;
    try {
      addresses = result.podAddresses(attachment.interfaceName());
    } catch (IOException e) {
      throw new CniException(
          "result of network " + network.name() + ": " + e.getMessage(), CniException.NO_CODE, e);
    }
    if (addresses.isEmpty()) {
      throw new CniException("network " + network.name() + " gave the pod no address");
    }
    return List.copyOf(addresses);
  }

  /**
   * Takes the pod's network away (DEL). Every plugin is called, even if another plugin fails, after
   * a failed ADD, and when the network namespace is gone. May be called again after a failure and
   * after success.
   *
   * <p>The plugins get the configuration of the pod's ADD. If there is no record of that, they get
   * the present configuration, as far as the plugins are installed; without a configuration nothing
   * can be held.
   */
  public void tearDown(PodNetworkRequest request) throws IOException {
    List<AttachmentRecord> attachments = records.of(request.sandboxId());
    if (attachments.stream().allMatch(record -> record.result().isEmpty())) {
      // The ADD failed, or it may still run because the daemon that called it was killed.
      PluginSurvivors.end(request.sandboxId());
    }
    if (attachments.isEmpty()) {
      attachments = unrecorded(request);
    }
    for (AttachmentRecord record : attachments) {
      delete(record, pathIfThere(request.networkNamespace()));
    }
    hostPorts.release(request.sandboxId());
  }

  /**
   * Takes away every network of a pod for which {@link #attach} was called, as {@link #tearDown}
   * does. All that such a pod can hold is on record.
   */
  public void release(PodNetworkRequest request) throws IOException {
    List<AttachmentRecord> attachments = records.of(request.sandboxId());
    if (attachments.stream().anyMatch(record -> record.result().isEmpty())) {
      PluginSurvivors.end(request.sandboxId());
    }
    for (AttachmentRecord record : attachments.reversed()) {
      delete(record, pathIfThere(request.networkNamespace()));
    }
    hostPorts.release(request.sandboxId());
  }

  /** Records a pod whose network an earlier daemon has set up. */
  public void takeUp(PodNetworkRequest request) {
    hostPorts.take(request);
  }

  private void delete(AttachmentRecord record, String namespace) throws IOException {
    collecting.readLock().lock();
    try {
      PluginThread.call(
          "cni-del-" + record.attachment().containerId(),
          cancel -> {
            chain.delete(record, namespace, cancel);
            return true;
          });
    } finally {
      collecting.readLock().unlock();
    }
    records.remove(record);
  }

  /**
   * Asks the plugins whether the pod's network is still as they have made it (CHECK). Does nothing
   * if the configuration disables CHECK or its version has none.
   *
   * @throws IOException if the network has changed
   */
  public void check(PodNetworkRequest request) throws IOException {
    for (AttachmentRecord record : records.of(request.sandboxId())) {
      NetworkConfiguration network = record.network();
      if (record.result().isPresent() && network.version().hasCheck() && !network.disableCheck()) {
        PluginThread.call(
            "cni-check-" + request.sandboxId(),
            cancel -> {
              chain.check(record, request.networkNamespace().toString(), cancel);
              return true;
            });
      }
    }
  }

  /**
   * Releases what plugins hold for sandboxes that are no more. Pods get their networks meanwhile:
   * only the plugins' own collection (GC) excludes ADD and DEL, and that for a bounded time.
   *
   * @param sandboxes lists the sandboxes there are
   * @param namespaces the directory below which the network namespaces of all sandboxes are
   */
  public void collectGarbage(Sandboxes sandboxes, Path namespaces) throws IOException {
    GarbageCollection garbage = new GarbageCollection(records, chain, sandboxes, namespaces);
    IOException failure = null;
    try {
      garbage.delete(
          record -> delete(record, pathIfThere(Path.of(record.attachment().networkNamespace()))));
      for (Reservation orphan : orphanAddresses(sandboxes)) {
        if (orphan.isOfEarlierBoot()) {
          orphan.release();
        }
      }
    } catch (IOException e) {
      failure = e;
    }
    try {
      collectByPlugins(garbage);
    } catch (IOException e) {
      if (failure == null) {
        throw e;
      }
      failure.addSuppressed(e);
    }
    if (failure != null) {
      throw failure;
    }
  }

  /**
   * Finds the addresses that host-local has given out to no pod. That of a pod which another
   * runtime has on a record elsewhere is among them, unless it was given out before this boot.
   */
  List<Reservation> orphanAddresses(Sandboxes sandboxes) throws IOException {
    Optional<NetworkConfiguration> network = configurations.contents().network();
    if (network.isEmpty()) {
      return List.of();
    }
    List<Reservation> orphans = HostLocalReservations.all(network.get());
    // After the addresses: a sandbox and its record are there before it gets an address.
    Set<String> pods = new HashSet<>(sandboxes.ids());
    records.all().forEach(record -> pods.add(record.attachment().containerId()));
    orphans.removeIf(orphan -> pods.contains(orphan.pod()));
    return orphans;
  }

  /** Releases what a pod that is gone has left. */
  @FunctionalInterface
  public interface Release {
    void run() throws IOException;
  }

  /**
   * Finds attachments and addresses of pods that are gone.
   *
   * @param sandboxes as for {@link #collectGarbage}
   * @param sink receives a few words about each, and how it is released
   */
  public void leftovers(Sandboxes sandboxes, Path namespaces, BiConsumer<String, Release> sink)
      throws IOException {
    GarbageCollection garbage = new GarbageCollection(records, chain, sandboxes, namespaces);
    for (AttachmentRecord record : garbage.attachments()) {
      sink.accept(
          "attachment of sandbox "
              + record.attachment().containerId()
              + " to network "
              + record.network().name(),
          () -> delete(record, pathIfThere(Path.of(record.attachment().networkNamespace()))));
    }
    for (Reservation orphan : orphanAddresses(sandboxes)) {
      sink.accept("address " + orphan.file(), () -> release(orphan));
    }
  }

  private static void release(Reservation orphan) throws IOException {
    if (!orphan.isOfEarlierBoot()) {
      throw new IOException(
          "it was given out in this boot, and may be of another runtime's pod " + orphan.pod());
    }
    orphan.release();
  }

  private void collectByPlugins(GarbageCollection garbage) throws IOException {
    Optional<NetworkConfiguration> present = configurations.contents().network();
    if (present.isEmpty()) {
      return;
    }
    NetworkConfiguration network =
        PluginThread.call("cni-version", cancel -> versions.settle(present.get(), cancel));
    if (!network.version().hasStatusAndGc() || network.disableGc()) {
      return;
    }
    claims.claim(network);
    lockForGc(network);
    try {
      garbage.tellPlugins(network, gcLimits.run());
    } finally {
      collecting.writeLock().unlock();
    }
  }

  /**
   * Takes the write lock in a moment without ADD and DEL. A thread that waits in {@code lock()}
   * would hold up every later ADD until the last of those under way has ended.
   */
  private void lockForGc(NetworkConfiguration network) throws IOException {
    long deadline = System.nanoTime() + gcLimits.quietWait().toNanos();
    while (!collecting.writeLock().tryLock()) {
      if (System.nanoTime() - deadline > 0) {
        throw new IOException(
            "CNI GC for network "
                + network.name()
                + ": pods have been attached and detached without a pause for "
                + gcLimits.quietWait().toSeconds()
                + " s");
      }
      try {
        Thread.sleep(GC_POLL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("CNI GC for network " + network.name());
      }
    }
  }

  /**
   * How long a collection by the plugins (GC) may take.
   *
   * @param quietWait for a moment without ADD and DEL; nothing is held up meanwhile
   * @param run for the plugins; every ADD and DEL waits meanwhile
   */
  record GcLimits(Duration quietWait, Duration run) {
    static final GcLimits DEFAULT = new GcLimits(Duration.ofMinutes(5), Duration.ofSeconds(10));
  }

  /** Lists sandboxes. */
  @FunctionalInterface
  public interface Sandboxes {
    /** The ids of all sandboxes; each is listed from before its ADD until after its DEL. */
    Set<String> ids() throws IOException;
  }

  private static String pathIfThere(Path namespace) throws IOException {
    return Namespace.isAt(namespace) ? namespace.toString() : "";
  }

  /**
   * What the pod may hold although there is no record of an attachment. A record is written before
   * ADD begins, so either a power cut took the record or there was no ADD.
   */
  private List<AttachmentRecord> unrecorded(PodNetworkRequest request) {
    Optional<NetworkConfiguration> network = configurations.contents().network();
    if (network.isEmpty()) {
      return List.of();
    }
    try {
      request.check();
    } catch (CriException e) {
      LOG.debug("no ADD of {} has begun: {}", request.sandboxId(), e.getMessage());
      return List.of();
    }
    NetworkConfiguration installed =
        network.get().withPlugins(plugin -> plugins.find(plugin.type()).isPresent());
    return List.of(
        new AttachmentRecord(
            request.attachment("", podCidrs.current()), installed, Optional.empty()));
  }

  /**
   * Warns of host ports that no plugin declares. That is not an error, because some networks offer
   * host ports without declaring the capability.
   */
  private static void warnOfUnservedPorts(PodNetworkRequest request, NetworkConfiguration network) {
    if (request.wantsHostPorts()
        && network.plugins().stream().noneMatch(plugin -> plugin.hasCapability("portMappings"))) {
      LOG.warn(
          "pod {}/{} has host ports, and no plugin of network {} declares the capability"
              + " portMappings",
          request.podNamespace(),
          request.podName(),
          network.name());
    }
  }

  /**
   * Refuses a hardware address that no plugin would set: nobody would notice that the pod has
   * another one.
   */
  private static void refuseUnservedMac(PodNetworkRequest request, NetworkConfiguration network) {
    if (request.wantsMac()
        && network.plugins().stream().noneMatch(plugin -> plugin.hasCapability("mac"))) {
      throw CriException.failedPrecondition(
          "annotation "
              + PodNetworkRequest.MAC
              + ": no plugin of network "
              + network.name()
              + " declares the capability mac");
    }
  }

  private String noNetwork(NetworkConfigurationDirectory.Contents contents) {
    String none = "no valid CNI network configuration in " + configurations.path();
    return contents.problems().isEmpty()
        ? none
        : none + ": " + PluginRunner.quote(String.join("; ", contents.problems()));
  }
}
