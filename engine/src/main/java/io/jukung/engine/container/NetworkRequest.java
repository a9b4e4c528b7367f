package io.jukung.engine.container;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The networks that a new container asks for: HostConfig.NetworkMode, which is the first of them,
 * and NetworkingConfig.EndpointsConfig.
 */
final class NetworkRequest {
  private static final String BRIDGE = "bridge";
  private static final String HOST = "host";
  private static final String NONE = "none";

  /** The networks that no user has made. */
  private static final Set<String> PREDEFINED = Set.of(BRIDGE, HOST, NONE);

  /** What is asked for, by the names or IDs of the networks, the first one first. */
  private final Map<String, EndpointOptions> endpoints = new LinkedHashMap<>();

  /**
   * Reads the request.
   *
   * @param networking the field NetworkingConfig
   * @throws HttpError 501 for what cannot be carried out
   */
  NetworkRequest(Fields host, JsonNode networking) {
    String mode = name(host.text("NetworkMode"));
    if (mode.startsWith("container:")) {
      throw HttpError.notImplemented("HostConfig.NetworkMode container:");
    }
    Fields fields = new Fields("NetworkingConfig", networking);
    Fields each = fields.object("EndpointsConfig");
    fields.requireNoOther();
    // As docker: the usual network is not joined beside others that are named.
    boolean onlyOthers =
        mode.equals(BRIDGE)
            && !each.names().isEmpty()
            && each.names().stream().noneMatch(key -> name(key).equals(BRIDGE));
    if (!onlyOthers) {
      endpoints.put(mode, EndpointOptions.NONE);
    }
    for (String key : each.names()) {
      endpoints.put(name(key), EndpointOptions.of(each.object(key)));
    }
    requirePossible();
  }

  private static String name(String network) {
    return network.isEmpty() || network.equals("default") ? BRIDGE : network;
  }

  private void requirePossible() {
    if (endpoints.size() > 1 && (endpoints.containsKey(HOST) || endpoints.containsKey(NONE))) {
      throw HttpError.badRequest(
          "conflicting options: the networks host and none do not go with other networks");
    }
    endpoints.forEach(
        (network, options) -> {
          if (PREDEFINED.contains(network) && options.needsNetworkOfUser()) {
            throw HttpError.badRequest(
                "NetworkingConfig.EndpointsConfig."
                    + network
                    + ": Aliases, Links and IPAMConfig need a network that a user has made");
          }
          if (Set.of(HOST, NONE).contains(network) && !options.mac().isEmpty()) {
            throw HttpError.badRequest(
                "NetworkingConfig.EndpointsConfig." + network + ": it has no MacAddress");
          }
        });
  }

  /** Whether the container has the network of the host. */
  boolean isHost() {
    return endpoints.containsKey(HOST);
  }

  private boolean isBridgeAlone() {
    return endpoints.keySet().equals(Set.of(BRIDGE));
  }

  /** The hardware address that is asked for in the network of all pods. */
  Optional<String> macOfBridge() {
    return isBridgeAlone()
        ? endpoints.values().stream().map(EndpointOptions::mac).filter(m -> !m.isEmpty()).findAny()
        : Optional.empty();
  }

  /**
   * The networks as the daemon reads them in the options of a pod; empty for the network of all
   * pods alone, and for that of the host.
   *
   * @param ids gives a network's ID for its name, its ID, or the beginning of its ID
   * @throws HttpError 404 if there is no such network
   */
  ArrayNode options(UnaryOperator<String> ids) {
    if (isHost() || isBridgeAlone()) {
      return Json.array();
    }
    // A network may be named once by its name and once by its ID.
    SequencedMap<String, EndpointOptions> byId = new LinkedHashMap<>();
    endpoints.forEach(
        (network, options) ->
            byId.merge(
                ids.apply(network),
                options,
                (first, second) -> second.equals(EndpointOptions.NONE) ? first : second));
    EndpointOptions ofBridge = byId.get(BRIDGE);
    if (ofBridge != null) {
      byId.putFirst(BRIDGE, ofBridge); // as the daemon wants it
    }
    ArrayNode json = Json.array();
    byId.forEach((id, options) -> json.add(json(id, options)));
    return json;
  }

  private static ObjectNode json(String id, EndpointOptions options) {
    ObjectNode json = Json.object().put("network", id);
    json.set("aliases", Json.texts(options.aliases()));
    json.set("links", Json.texts(options.links()));
    return json.put("ip", options.ip()).put("ip6", options.ip6()).put("mac", options.mac());
  }
}
