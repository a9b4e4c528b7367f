package io.jukung.runtime.network;

import io.jukung.cri.CriException;
import io.jukung.linux.io.Eventfd;
import io.jukung.linux.namespace.Namespace;
import io.jukung.runtime.config.Config;
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
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network of pods that have one of their own, made by CNI plugins. Thread-safe; for one pod,
 * one call at a time.
 */
public final class PodNetwork {
  private static final Logger LOG = LoggerFactory.getLogger(PodNetwork.class);

  private final NetworkConfigurationDirectory configurations;
  private final PluginRunner plugins;
  private final PluginVersions versions;
  private final PluginChain chain;
  private final NetworkStatus status;
  private final AttachmentRecords records;
  private final HostPorts hostPorts = new HostPorts();
  private final PodCidrFile podCidrs;
  private final Optional<RenderedConfiguration> rendered;

  /**
   * Held for reading by each ADD, for writing by a garbage collection: an attachment that begins
   * after the valid ones were listed would be taken for garbage.
   */
  private final ReadWriteLock collecting = new ReentrantReadWriteLock();

  /**
   * Works by these settings.
   *
   * @param podCidrFile where the node's pod ranges are kept
   */
  public PodNetwork(Config.Cni config, Path podCidrFile) {
    this.configurations = new NetworkConfigurationDirectory(config.confDir());
    this.plugins = new PluginRunner(config.binDirs(), config.timeout());
    this.versions = new PluginVersions(plugins);
    this.chain = new PluginChain(plugins);
    this.status = new NetworkStatus(chain);
    this.records = new AttachmentRecords(config.cacheDir());
    this.podCidrs = new PodCidrFile(podCidrFile);
    this.rendered =
        config.confTemplate().isEmpty()
            ? Optional.empty()
            : Optional.of(
                new RenderedConfiguration(Path.of(config.confTemplate()), config.confDir()));
  }

  /**
   * Takes up the node's pod ranges: for plugins that declare the capability {@code ipRanges}, and
   * for the template of a configuration, where there is no configuration but one made from it.
   *
   * @param text one range, or several between commas
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
   * Whether pods can get a network now. Nothing is read that has not changed, and plugins that know
   * STATUS are asked every few seconds at most.
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
      return status.problem(
          PluginThread.call("cni-version", cancel -> versions.settle(network, cancel)));
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Files that come before the one in use and are wrong: whoever wrote them waits for an effect.
   */
  private static String ignored(NetworkConfigurationDirectory.Contents contents) {
    return contents.problems().isEmpty()
        ? ""
        : "ignored: " + PluginRunner.quote(String.join("; ", contents.problems()));
  }

  /**
   * Gives the pod its network (ADD). Where this fails, the pod may hold an address or more until
   * {@link #tearDown}.
   *
   * @throws CriException INVALID_ARGUMENT where the request cannot be told to plugins,
   *     FAILED_PRECONDITION where there is no network configuration, or a host port is another
   *     pod's; no plugin has run then
   * @throws CniException where a plugin failed
   */
  public NetworkResult setUp(PodNetworkRequest request) throws IOException {
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
    warnOfUnservedPorts(request, network);
    refuseUnservedMac(request, network);
    hostPorts.reserve(request);
    collecting.readLock().lock();
    try {
      Attachment attachment =
          request.attachment(request.networkNamespace().toString(), podCidrs.current());
      return PluginThread.call(
          "cni-add-" + request.sandboxId(),
          cancel -> add(versions.settle(network, cancel), attachment, cancel));
    } finally {
      collecting.readLock().unlock();
    }
  }

  private NetworkResult add(NetworkConfiguration network, Attachment attachment, Eventfd cancel)
      throws IOException {
    AttachmentRecord record = new AttachmentRecord(attachment, network, Optional.empty());
    records.write(record); // before ADD: a failed one may hold an address
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
    return new NetworkResult(addresses, result.json().toString());
  }

  /**
   * Takes the pod's network away (DEL): by every plugin, whatever the others answer, also after a
   * failed ADD, and when the network namespace is gone. May be called again after a failure, and
   * after success.
   *
   * <p>Uses the configuration of the pod's ADD; without a record of that, the present one, as far
   * as its plugins are installed. Where there is neither, nothing can be held.
   */
  public void tearDown(PodNetworkRequest request) throws IOException {
    List<AttachmentRecord> attachments = records.of(request.sandboxId());
    if (attachments.stream().allMatch(record -> record.result().isEmpty())) {
      // That ADD has not ended well, or, where a daemon was killed, at all.
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

  /** Takes up a pod that an earlier daemon has given its network, and this one has not taken. */
  public void takeUp(PodNetworkRequest request) {
    hostPorts.take(request);
  }

  private void delete(AttachmentRecord record, String namespace) throws IOException {
    PluginThread.call(
        "cni-del-" + record.attachment().containerId(),
        cancel -> {
          chain.delete(record, namespace, cancel);
          return true;
        });
    records.remove(record);
  }

  /**
   * Asks the plugins whether the pod's network is still as they have made it (CHECK). Asks nothing
   * where the network's configuration says so, or is of a version without it.
   *
   * @throws IOException if it is not
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
   * Releases what plugins hold for sandboxes that are no more. Meanwhile, no pod gets a network.
   *
   * @param sandboxes asked once no ADD is under way
   * @param namespaces the directory below which all their namespaces are
   */
  public void collectGarbage(Sandboxes sandboxes, Path namespaces) throws IOException {
    Optional<NetworkConfiguration> network = configurations.contents().network();
    if (network.isPresent()) {
      NetworkConfiguration present = network.get();
      network =
          Optional.of(PluginThread.call("cni-version", cancel -> versions.settle(present, cancel)));
    }
    collecting.writeLock().lock();
    try {
      new GarbageCollection(
              records,
              chain,
              record ->
                  delete(record, pathIfThere(Path.of(record.attachment().networkNamespace()))))
          .run(network, sandboxes.ids(), namespaces);
    } finally {
      collecting.writeLock().unlock();
    }
  }

  /** All sandboxes there are, from before their ADD until after their DEL. */
  @FunctionalInterface
  public interface Sandboxes {
    Set<String> ids() throws IOException;
  }

  private static String pathIfThere(Path namespace) throws IOException {
    return Namespace.isAt(namespace) ? namespace.toString() : "";
  }

  /**
   * What the pod may hold although there is no record: an ADD is recorded before it begins, so this
   * is a record that a power cut took, or no ADD at all.
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

  /** Some networks offer host ports without a plugin that declares them, so it is no error. */
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

  /** Nobody would see that it has another one. */
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
