package io.jukung.engine.container;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.docker.ContainerJson;
import io.jukung.engine.daemon.ImageNames;
import io.jukung.engine.http.Json;
import io.jukung.engine.request.Fields;
import java.util.Map;
import java.util.Set;

/**
 * The answer of {@code GET /containers/ID/json}: what the daemon says, and in docker's words what a
 * client of the engine has asked for, which the CRI does not keep.
 */
final class InspectJson {
  /** Members of HostConfig that an update changes, of which the daemon has the truth. */
  private static final Set<String> UPDATABLE =
      Set.of(
          "CpuShares",
          "CpuPeriod",
          "CpuQuota",
          "CpusetCpus",
          "CpusetMems",
          "Memory",
          "MemoryReservation",
          "MemorySwap",
          "NanoCpus",
          "PidsLimit",
          "RestartPolicy");

  /**
   * Members of HostConfig that are as they were asked for, also if nothing was: the daemon's are
   * what it has made of several fields.
   */
  private static final Set<String> AS_ASKED =
      Set.of("Binds", "CapAdd", "CapDrop", "SecurityOpt", "PortBindings", "GroupAdd");

  private InspectJson() {}

  static ObjectNode of(ContainerView view) {
    ObjectNode json = ContainerJson.of(view.facts());
    json.put("Name", "/" + view.name());
    if (!(json.path("HostConfig") instanceof ObjectNode host)
        || !(json.path("Config") instanceof ObjectNode config)
        || !(json.path("NetworkSettings") instanceof ObjectNode network)) {
      throw new IllegalStateException("a container has a configuration");
    }
    config.put("Image", ImageNames.familiar(config.path("Image").asText()));
    // Clients ask the engine for logs, and some do so only for a driver of docker's own.
    ((ObjectNode) host.path("LogConfig")).put("Type", "json-file");
    if (view.docker().hostConfig().isObject()) {
      putHostConfig(host, view.docker().hostConfig());
      putConfig(config, view.docker().config());
    }
    if (!view.isRunning()) {
      network.set("Ports", Json.object()); // they lead nowhere now
    }
    return json;
  }

  private static void putHostConfig(ObjectNode host, JsonNode asked) {
    for (String each : AS_ASKED) {
      JsonNode value = asked.path(each);
      if (value.isMissingNode() || value.isNull()) {
        host.putNull(each);
      } else {
        host.set(each, value);
      }
    }
    if (!asked.path("PortBindings").isObject()) {
      host.putObject("PortBindings");
    }
    for (Map.Entry<String, JsonNode> each : asked.properties()) {
      boolean isKnown = UPDATABLE.contains(each.getKey()) || AS_ASKED.contains(each.getKey());
      if (!isKnown && Fields.isSet(each.getValue()) && !each.getKey().equals("LogConfig")) {
        host.set(each.getKey(), each.getValue());
      }
    }
    if (asked.path("NetworkMode").asText().equals("default")) {
      host.put("NetworkMode", "bridge");
    }
  }

  /** The environment and the labels are the daemon's: the record has no environment. */
  private static void putConfig(ObjectNode config, JsonNode asked) {
    for (Map.Entry<String, JsonNode> each : asked.properties()) {
      boolean isKnown = Set.of("Env", "Labels", "Image").contains(each.getKey());
      if (!isKnown && Fields.isPresent(each.getValue())) {
        config.set(each.getKey(), each.getValue());
      }
    }
    for (String each : Set.of("Cmd", "Entrypoint")) {
      if (asked.path(each).isNull()) {
        config.putNull(each);
      }
    }
  }
}
