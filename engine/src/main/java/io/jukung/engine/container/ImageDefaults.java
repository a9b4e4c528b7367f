package io.jukung.engine.container;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.engine.http.Json;

/** What an image says about its containers, in docker's words. */
public final class ImageDefaults {
  private ImageDefaults() {}

  /** The daemon's details of an image. */
  public static JsonNode details(ImageStatusResponse image) {
    return Json.parse(image.getInfoOrDefault("info", "{}"));
  }

  /** The image's configuration as docker's Config. */
  public static ObjectNode config(ImageStatusResponse image) {
    JsonNode spec = details(image).path("imageSpec");
    ObjectNode config = Json.object();
    config.put("User", spec.path("user").asText(""));
    ObjectNode ports = Json.object();
    spec.path("exposedPorts").forEach(each -> ports.putObject(each.asText()));
    if (!ports.isEmpty()) {
      config.set("ExposedPorts", ports);
    }
    config.set("Env", spec.path("env"));
    config.set("Cmd", listOrNull(spec.path("cmd")));
    ObjectNode volumes = Json.object();
    spec.path("volumes").forEach(each -> volumes.putObject(each.asText()));
    config.set("Volumes", volumes.isEmpty() ? Json.object().nullNode() : volumes);
    config.put("WorkingDir", spec.path("workingDir").asText(""));
    config.set("Entrypoint", listOrNull(spec.path("entrypoint")));
    JsonNode labels = spec.path("labels");
    config.set("Labels", labels.isEmpty() ? Json.object().nullNode() : labels);
    if (!spec.path("stopSignal").asText("").isEmpty()) {
      config.set("StopSignal", spec.path("stopSignal"));
    }
    return config;
  }

  private static JsonNode listOrNull(JsonNode list) {
    return list.isEmpty() ? Json.object().nullNode() : list;
  }
}
