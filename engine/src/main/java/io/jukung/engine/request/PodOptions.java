package io.jukung.engine.request;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.client.HostGateway;
import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.v1.DNSConfig;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Options of a HostConfig about the pod, its restarts and its log. */
final class PodOptions {
  private static final long LEAST_LOG_BYTES = 64 << 10;

  private PodOptions() {}

  /** The resolver of the pod; empty: the node's. */
  static Optional<DNSConfig> dns(Fields host) {
    List<String> servers = host.texts("Dns");
    List<String> searches = host.texts("DnsSearch");
    List<String> options = host.texts("DnsOptions");
    if (servers.isEmpty() && searches.isEmpty() && options.isEmpty()) {
      return Optional.empty();
    }
    if (servers.isEmpty()) {
      throw HttpError.notImplemented("HostConfig.DnsSearch or DnsOptions without HostConfig.Dns");
    }
    return Optional.of(
        DNSConfig.newBuilder()
            .addAllServers(servers)
            .addAllSearches(searches)
            .addAllOptions(options)
            .build());
  }

  /**
   * What the CRI has no fields for; empty if there is none of it.
   *
   * @param networks as {@link NetworkRequest#options} gives them
   * @param hostNetwork whether the pod shares the network of the node
   */
  static Optional<String> own(Fields host, ArrayNode networks, boolean hostNetwork) {
    ObjectNode json = Json.object();
    if (!networks.isEmpty()) {
      json.set("networks", networks);
    }
    List<String> extra = host.texts("ExtraHosts");
    if (!extra.isEmpty()) {
      ArrayNode hosts = json.putArray("hosts");
      extra.forEach(text -> addHost(hosts, text, hostNetwork));
    }
    long shm = host.number("ShmSize");
    if (shm < 0) {
      throw HttpError.badRequest("SHM size can not be less than 0");
    }
    if (shm > 0) {
      json.put("shmBytes", shm);
    }
    return json.isEmpty() ? Optional.empty() : Optional.of(json.toString());
  }

  private static void addHost(ArrayNode hosts, String text, boolean hostNetwork) {
    int colon = text.indexOf(':');
    if (colon < 1 || colon == text.length() - 1) {
      throw HttpError.badRequest("bad format for add-host: \"" + text + "\"");
    }
    String address = text.substring(colon + 1).replaceAll("^\\[(.*)]$", "$1");
    if (address.equals("host-gateway")) {
      address =
          HostGateway.address(hostNetwork)
              .orElseThrow(
                  () -> HttpError.badRequest("HostConfig.ExtraHosts: " + HostGateway.NONE));
    }
    hosts.addObject().put("address", address).put("name", text.substring(0, colon));
  }

  /** The restart policy of a new container, as the daemon takes it; empty if there is none. */
  static String restart(Fields host) {
    String policy = RestartPolicies.read(host).orElse("no");
    if (host.flag("AutoRemove") && !policy.equals("no")) {
      throw HttpError.badRequest("can't create 'AutoRemove' container with restart policy");
    }
    return policy.equals("no") ? "" : policy;
  }

  /** The limits of the log, as annotations that the daemon knows. */
  static Map<String, String> logLimits(Fields host) {
    Fields log = host.object("LogConfig");
    String type = log.text("Type");
    if (!List.of("", "json-file", "local").contains(type)) {
      throw HttpError.notImplemented("HostConfig.LogConfig.Type " + type);
    }
    Map<String, String> annotations = new LinkedHashMap<>();
    log.map("Config")
        .forEach(
            (key, value) -> {
              switch (key) {
                case "max-size" ->
                    annotations.put(OwnContainers.LOG_MAX_SIZE, Long.toString(size(value)));
                case "max-file" -> annotations.put(OwnContainers.LOG_MAX_FILE, files(value));
                default -> throw HttpError.notImplemented("HostConfig.LogConfig.Config " + key);
              }
            });
    log.requireNoOther();
    if (annotations.containsKey(OwnContainers.LOG_MAX_FILE)
        && !annotations.containsKey(OwnContainers.LOG_MAX_SIZE)) {
      throw HttpError.badRequest("HostConfig.LogConfig.Config max-file needs max-size");
    }
    return annotations;
  }

  private static long size(String text) {
    long size = ByteSize.parse("max-size", text);
    if (size < LEAST_LOG_BYTES) {
      throw HttpError.badRequest("max-size must be at least 64k: " + text);
    }
    return size;
  }

  private static String files(String text) {
    if (text.matches("[1-9][0-9]{0,2}|1000")) {
      return text;
    }
    throw HttpError.badRequest("max-file must be from 1 to 1000: " + text);
  }
}
