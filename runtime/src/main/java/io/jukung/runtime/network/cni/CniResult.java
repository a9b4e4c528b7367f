package io.jukung.runtime.network.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.net.InetAddresses;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The answer of a plugin to ADD (section 5 of the CNI specification, "ADD Success"). Before version
 * 0.3.0 it has {@code ip4} and {@code ip6}; before 1.0.0 a list whose entries name their address
 * family; since then a list without families.
 *
 * @param json the whole answer, as the plugin wrote it
 */
public record CniResult(CniVersion version, ObjectNode json) {
  private enum Shape {
    IP4_IP6,
    LIST_WITH_FAMILY,
    LIST;

    static Shape of(CniVersion version) {
      return version.compareTo(CniVersion.V0_3_0) < 0
          ? IP4_IP6
          : version.compareTo(CniVersion.V1_0_0) < 0 ? LIST_WITH_FAMILY : LIST;
    }
  }

  /**
   * Reads a plugin's answer.
   *
   * @param asked the version of the request, which holds for an answer without a version
   * @throws IOException if the answer is not a result; the message says why
   */
  static CniResult parse(byte[] answer, CniVersion asked) throws IOException {
    return of(CniJson.parseObject(answer), asked);
  }

  static CniResult of(ObjectNode json, CniVersion asked) throws IOException {
    JsonNode named = json.path("cniVersion");
    if (named.isMissingNode() || named.asText().isEmpty()) {
      return new CniResult(asked, json);
    }
    Optional<CniVersion> version = CniVersion.find(named.asText());
    if (version.isEmpty()) {
      throw new IOException("cniVersion " + named.asText() + " is not supported");
    }
    return new CniResult(version.get(), json);
  }

  /** Converts the result to the version that the next plugin of the chain is called with. */
  CniResult as(CniVersion wanted) throws IOException {
    if (wanted == version) {
      return this;
    }
    ObjectNode converted = json.deepCopy();
    Shape from = Shape.of(version);
    Shape to = Shape.of(wanted);
    if (from != to) {
      if (from == Shape.IP4_IP6 || to == Shape.IP4_IP6) {
        throw new IOException("a result of version " + version + " is none of " + wanted);
      }
      for (JsonNode entry : converted.path("ips")) {
        if (entry instanceof ObjectNode ip) {
          ip.remove("version");
          if (to == Shape.LIST_WITH_FAMILY) {
            ip.put("version", address(ip) instanceof Inet6Address ? "6" : "4");
          }
        }
      }
    }
    converted.put("cniVersion", wanted.toString());
    return new CniResult(wanted, converted);
  }

  /**
   * Returns the pod's addresses in the plugin's order: those of the interface that was asked for.
   * If that interface has none, or the result does not name interfaces, the addresses of all
   * interfaces in the pod.
   */
  public List<String> podAddresses(String interfaceName) throws IOException {
    Set<String> addresses = new LinkedHashSet<>();
    if (Shape.of(version) == Shape.IP4_IP6) {
      for (String key : List.of("ip4", "ip6")) {
        if (json.path(key) instanceof ObjectNode ip) {
          addresses.add(InetAddresses.toAddrString(address(ip)));
        }
      }
      return List.copyOf(addresses);
    }
    Set<String> ofOthers = new LinkedHashSet<>();
    for (JsonNode entry : json.path("ips")) {
      if (!(entry instanceof ObjectNode ip)) {
        throw new IOException("an entry of \"ips\" is not an object");
      }
      Optional<JsonNode> named = namedInterface(ip);
      if (named.isEmpty() || isInPod(named.get())) {
        boolean asked =
            named.isEmpty() || named.get().path("name").asText("").equals(interfaceName);
        (asked ? addresses : ofOthers).add(InetAddresses.toAddrString(address(ip)));
      }
    }
    return List.copyOf(addresses.isEmpty() ? ofOthers : addresses);
  }

  /** The names of the interfaces in the pod. Some plugins report none. */
  List<String> podInterfaces() {
    List<String> names = new ArrayList<>();
    for (JsonNode entry : json.path("interfaces")) {
      if (isInPod(entry)) {
        names.add(entry.path("name").asText());
      }
    }
    return names;
  }

  /** The interface that an address belongs to; empty if the result does not say. */
  private Optional<JsonNode> namedInterface(ObjectNode ip) throws IOException {
    JsonNode index = ip.path("interface");
    if (index.isMissingNode()
        || index.isNull()
        || !(json.path("interfaces") instanceof ArrayNode interfaces)) {
      return Optional.empty();
    }
    if (!index.isInt() || index.intValue() < 0 || index.intValue() >= interfaces.size()) {
      throw new IOException(
          "\"ips\" refers to interface " + index + ", which is not in the result");
    }
    return Optional.of(interfaces.get(index.intValue()));
  }

  private static boolean isInPod(JsonNode networkInterface) {
    return !networkInterface.path("sandbox").asText("").isEmpty();
  }

  /**
   * Reads the address in {@code address}, or in {@code ip} of the oldest shape, without the prefix
   * length.
   */
  private static InetAddress address(ObjectNode ip) throws IOException {
    @Nullable String text = ip.path(ip.has("address") ? "address" : "ip").textValue();
    if (text == null) {
      throw new IOException("an entry of \"ips\" has no address");
    }
    int slash = text.indexOf('/');
    try {
      return InetAddresses.forString(slash < 0 ? text : text.substring(0, slash));
    } catch (IllegalArgumentException e) {
      throw new IOException("not an address: " + text, e);
    }
  }
}
