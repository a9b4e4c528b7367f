package io.jukung.engine.request;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import java.util.LinkedHashMap;
import java.util.List;
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

  /** Whether the container has the network of another one. */
  private final boolean shared;

  /**
   * Reads the request.
   *
   * @param networking the field NetworkingConfig
   * @throws HttpError 501 for what cannot be carried out
   */
  NetworkRequest(Fields host, JsonNode networking) {
    String mode = name(host.text("NetworkMode"));
    this.shared = OtherContainers.isNamedBy(mode);
    Fields fields = new Fields("NetworkingConfig", networking);
    Fields each = fields.object("EndpointsConfig");
    fields.requireNoOther();
    // As docker: the usual network is not joined beside others that are named.
    boolean onlyOthers =
        mode.equals(BRIDGE)
            && !each.names().isEmpty()
            && each.names().stream().noneMatch(key -> name(key).equals(BRIDGE));
    if (shared) {
      requireNothingOfItsOwn(host, each);
      endpoints.put(NONE, EndpointOptions.NONE); // what the pod has for itself
      return;
    }
    if (!onlyOthers) {
      endpoints.put(mode, EndpointOptions.NONE);
    }
    for (String key : each.names()) {
      endpoints.put(name(key), EndpointOptions.of(each.object(key)));
    }
    addLinks(host.texts("Links"));
    requirePossible();
  }

  /**
   * Adds links by the older field, which docker's client sends besides that of the first endpoint.
   * Links of the usual network would be entries of /etc/hosts, which the daemon does not change
   * when the other container gets another address.
   */
  private void addLinks(List<String> links) {
    if (links.isEmpty()) {
      return;
    }
    String first = endpoints.keySet().iterator().next();
    if (PREDEFINED.contains(first)) {
      throw HttpError.notImplemented("HostConfig.Links in the network " + first);
    }
    endpoints.compute(first, (_, options) -> requireNonNull(options).withLinks(links));
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

  private static void requireNothingOfItsOwn(Fields host, Fields endpoints) {
    for (String field : List.of("PortBindings", "ExtraHosts", "Dns", "Links", "PublishAllPorts")) {
      JsonNode value = host.get(field);
      if (value.isContainerNode() ? !value.isEmpty() : value.asBoolean()) {
        throw HttpError.badRequest(
            "conflicting options: " + field + " and the network of another container");
      }
    }
    if (endpoints.names().stream().anyMatch(name -> !OtherContainers.isNamedBy(name))) {
      throw HttpError.badRequest(
          "conflicting options: the network of another container does not go with networks");
    }
  }

  /** Whether the container has the network, and thus the names, of another container. */
  boolean isShared() {
    return shared;
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
