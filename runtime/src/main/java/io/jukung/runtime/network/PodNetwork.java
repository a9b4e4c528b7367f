package io.jukung.runtime.network;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.linux.io.Eventfd;
import io.jukung.linux.namespace.Namespace;
import io.jukung.runtime.config.Config;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
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
  private final AttachmentRecords records;

  public PodNetwork(Config.Cni config) {
    this.configurations = new NetworkConfigurationDirectory(config.confDir());
    this.plugins = new PluginRunner(config.binDirs(), config.timeout());
    this.records = new AttachmentRecords(config.cacheDir());
  }

  /** Whether pods can get a network now. Cheap: nothing is read that has not changed. */
  public Readiness readiness() {
    NetworkConfigurationDirectory.Contents contents = configurations.contents();
    return contents
        .network()
        .map(network -> plugins.missingPlugin(network).map(Readiness::notReady))
        .orElseGet(() -> Optional.of(Readiness.notReady(noNetwork(contents))))
        .orElse(Readiness.READY);
  }

  /**
   * Gives the pod its network (ADD). Where this fails, the pod may hold an address or more until
   * {@link #tearDown}.
   *
   * @throws CriException INVALID_ARGUMENT where the request cannot be told to plugins,
   *     FAILED_PRECONDITION where there is no network configuration; no plugin has run then
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
    Attachment attachment = request.attachment(request.networkNamespace().toString());
    warnOfUnservedPorts(request, network);
    AttachmentRecord record = new AttachmentRecord(attachment, network, Optional.empty());
    records.write(record); // before ADD: a failed one may hold an address
    CniResult result =
        PluginThread.call(
            "cni-add-" + request.sandboxId(), cancel -> add(network, attachment, cancel));
    records.write(record.withResult(result.json()));
    List<String> addresses;
    try {
      addresses = result.podAddresses();
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
    if (attachments.isEmpty()) {
      attachments = unrecorded(request);
    }
    String namespace =
        Namespace.isAt(request.networkNamespace()) ? request.networkNamespace().toString() : "";
    for (AttachmentRecord record : attachments) {
      PluginThread.call(
          "cni-del-" + request.sandboxId(),
          cancel -> {
            delete(record, namespace, cancel);
            return true;
          });
      records.remove(record);
    }
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
    return List.of(new AttachmentRecord(request.attachment(""), installed, Optional.empty()));
  }

  private CniResult add(NetworkConfiguration network, Attachment attachment, Eventfd cancel)
      throws IOException {
    CniResult result = null;
    for (PluginConfiguration plugin : network.plugins()) {
      PluginRunner.Call call =
          new PluginRunner.Call(CniCommand.ADD, plugin.type(), network.name(), attachment);
      ObjectNode previous =
          result != null && network.version().hasPreviousResultOnAdd() ? result.json() : null;
      byte[] answer =
          plugins.run(
              call, plugin.request(network, attachment.capabilityArguments(), previous), cancel);
      try {
        result = CniResult.parse(answer, network.version()).as(network.version());
      } catch (IOException e) {
        throw new CniException(
            call
                + ": the answer is no CNI result: "
                + PluginRunner.quote(String.valueOf(e.getMessage())),
            CniException.NO_CODE,
            e);
      }
    }
    if (result == null) {
      throw new IllegalStateException("network " + network.name() + " without plugins");
    }
    return result;
  }

  /** Each plugin gets its chance to release what it holds, also when one before it fails. */
  private void delete(AttachmentRecord record, String namespace, Eventfd cancel)
      throws IOException {
    Attachment added = record.attachment();
    NetworkConfiguration network = record.network();
    Attachment attachment =
        new Attachment(
            added.containerId(),
            namespace,
            added.interfaceName(),
            added.arguments(),
            added.capabilityArguments());
    ObjectNode result =
        network.version().hasPreviousResultOnDelete() ? record.result().orElse(null) : null;
    IOException failure = null;
    for (PluginConfiguration plugin : network.plugins().reversed()) {
      try {
        plugins.run(
            new PluginRunner.Call(CniCommand.DEL, plugin.type(), network.name(), attachment),
            plugin.request(network, attachment.capabilityArguments(), result),
            cancel);
      } catch (IOException e) {
        failure = join(failure, e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static IOException join(@Nullable IOException first, IOException next) {
    if (first == null) {
      return next;
    }
    first.addSuppressed(next);
    return first;
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

  private String noNetwork(NetworkConfigurationDirectory.Contents contents) {
    String none = "no valid CNI network configuration in " + configurations.path();
    return contents.problems().isEmpty()
        ? none
        : none + ": " + PluginRunner.quote(String.join("; ", contents.problems()));
  }
}
