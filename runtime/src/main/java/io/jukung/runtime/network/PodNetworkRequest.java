package io.jukung.runtime.network;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.runtime.network.cni.Attachment;
import io.jukung.runtime.network.cni.CniJson;
import io.jukung.runtime.store.SandboxRecord.Dns;
import io.jukung.runtime.store.SandboxRecord.PortMapping;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What network plugins are told about a pod.
 *
 * @param networkNamespace the path where the pod's network namespace is pinned
 * @param portMappings a host port of 0 means none
 * @param dns the settings for the pod's resolv.conf; null if the host's settings are used
 * @param annotations the annotations of the pod, which may ask for bandwidth limits and a hardware
 *     address
 * @param cgroupParent the pod's cgroup as kubelet names it; empty if kubelet names none
 */
public record PodNetworkRequest(
    String sandboxId,
    String podName,
    String podNamespace,
    String podUid,
    Path networkNamespace,
    List<PortMapping> portMappings,
    @Nullable Dns dns,
    Map<String, String> annotations,
    String cgroupParent) {

  /** The annotation that asks for a hardware address of the pod's interface. */
  static final String MAC = "io.jukung.mac";

  private static final Pattern MAC_ADDRESS = Pattern.compile("\\p{XDigit}{2}(:\\p{XDigit}{2}){5}");

  /** The name of a pod's first interface in Kubernetes. */
  public static final String INTERFACE = "eth0";

  public PodNetworkRequest {
    portMappings = List.copyOf(portMappings);
    annotations = Map.copyOf(annotations);
  }

  /**
   * Refuses values that plugins would misread.
   *
   * @throws CriException INVALID_ARGUMENT; the message names the field
   */
  void check() {
    checkArgument("metadata.name", podName);
    checkArgument("metadata.namespace", podNamespace);
    checkArgument("metadata.uid", podUid);
    for (PortMapping mapping : portMappings) {
      checkPort(mapping.hostPort());
      checkPort(mapping.containerPort());
      HostPorts.address(mapping.hostIp());
    }
    Bandwidth.of(annotations);
    String mac = annotations.get(MAC);
    if (mac != null && !MAC_ADDRESS.matcher(mac).matches()) {
      throw CriException.invalidArgument(
          "annotation " + MAC + " is not a hardware address: " + mac);
    }
  }

  /** Whether the pod asks for a hardware address. */
  boolean wantsMac() {
    return annotations.containsKey(MAC);
  }

  /** Whether the pod asks for ports of the host. */
  public boolean wantsHostPorts() {
    return portMappings.stream().anyMatch(mapping -> mapping.hostPort() > 0);
  }

  /**
   * Makes the attachment of the pod's interface.
   *
   * @param namespace the path of the network namespace; empty if it is gone
   * @param ranges the ranges for the pod's addresses; empty if kubelet has not sent them
   */
  Attachment attachment(String namespace, Optional<PodCidrs> ranges) {
    ObjectNode capabilities = capabilityArguments();
    if (ranges.isPresent()) {
      ArrayNode sets = capabilities.putArray("ipRanges"); // plugins give one address of each set
      ranges.get().ranges().forEach(range -> sets.addArray().addObject().put("subnet", range));
    }
    return new Attachment(sandboxId, namespace, INTERFACE, arguments(), capabilities);
  }

  /**
   * Makes the attachment of an interface to a network that is not that of all pods.
   *
   * @param addresses the addresses that the pod asks for, with the prefixes of their subnets; empty
   *     for any
   * @param mac the hardware address; empty for any
   * @param publishes whether the ports of the host lead to this interface
   */
  public Attachment attachment(
      String interfaceName, List<String> addresses, String mac, boolean publishes) {
    ObjectNode capabilities = CniJson.object();
    addAll(capabilities, "ips", addresses);
    if (!mac.isEmpty()) {
      capabilities.put("mac", mac);
    }
    if (publishes) {
      addPorts(capabilities);
    }
    return new Attachment(
        sandboxId, networkNamespace.toString(), interfaceName, arguments(), capabilities);
  }

  /** The arguments that plugins for Kubernetes look for. */
  private Map<String, String> arguments() {
    Map<String, String> arguments = new LinkedHashMap<>();
    arguments.put("IgnoreUnknown", "1");
    arguments.put("K8S_POD_NAMESPACE", podNamespace);
    arguments.put("K8S_POD_NAME", podName);
    arguments.put("K8S_POD_INFRA_CONTAINER_ID", sandboxId);
    arguments.put("K8S_POD_UID", podUid);
    return arguments;
  }

  private ObjectNode capabilityArguments() {
    ObjectNode arguments = CniJson.object();
    addPorts(arguments);
    Bandwidth.of(annotations).ifPresent(limits -> arguments.set("bandwidth", limits.toJson()));
    String mac = annotations.get(MAC);
    if (mac != null) {
      arguments.put("mac", mac);
    }
    if (dns != null) {
      ObjectNode names = arguments.putObject("dns");
      addAll(names, "servers", dns.servers());
      addAll(names, "searches", dns.searches());
      addAll(names, "options", dns.options());
    }
    arguments.putArray("aliases").add(podName);
    if (!cgroupParent.isEmpty()) {
      arguments.put("cgroupPath", cgroupParent);
    }
    if (!annotations.isEmpty()) {
      ObjectNode all = arguments.putObject("io.kubernetes.cri.pod-annotations");
      annotations.forEach(all::put);
    }
    return arguments;
  }

  private void addPorts(ObjectNode arguments) {
    if (wantsHostPorts()) {
      ArrayNode ports = arguments.putArray("portMappings");
      for (PortMapping mapping : portMappings) {
        if (mapping.hostPort() > 0) {
          addPort(ports, mapping);
        }
      }
    }
  }

  private static void addPort(ArrayNode ports, PortMapping mapping) {
    ObjectNode port = ports.addObject();
    port.put("hostPort", mapping.hostPort());
    port.put("containerPort", mapping.containerPort());
    port.put("protocol", mapping.protocol().toLowerCase(Locale.ROOT));
    if (!mapping.hostIp().isEmpty()) {
      port.put("hostIP", mapping.hostIp());
    }
  }

  private static void addAll(ObjectNode json, String key, List<String> values) {
    if (!values.isEmpty()) {
      ArrayNode list = json.putArray(key);
      values.forEach(list::add);
    }
  }

  private static void checkPort(int port) {
    if (port < 0 || port > 0xffff) {
      throw CriException.invalidArgument("port_mappings has no such port: " + port);
    }
  }

  /** Refuses characters that would need escapes, which CNI_ARGS does not have. */
  private static void checkArgument(String field, String value) {
    if (value.chars().anyMatch(c -> c == ';' || c == '=' || c < ' ' || c == 0x7f)) {
      throw CriException.invalidArgument(
          field + " cannot be given to network plugins: it has ;, = or a control character");
    }
  }
}
