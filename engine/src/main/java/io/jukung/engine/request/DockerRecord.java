package io.jukung.engine.request;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.v1.Container;
import io.jukung.engine.http.Json;
import java.util.Map;

/**
 * What a client has asked for when it made a container, kept by the daemon in an annotation: the
 * daemon has the truth about the container, and this has docker's words for it. The environment is
 * not in it, because it may have secrets and lists of the CRI show annotations.
 *
 * @param config docker's Config, with what the image has added
 * @param hostConfig docker's HostConfig
 */
public record DockerRecord(JsonNode config, JsonNode hostConfig) {
  /** The annotation of the container. */
  static final String ANNOTATION = "io.jukung.docker";

  /** The record of a container; without fields if it was not made by the engine. */
  public static DockerRecord of(Map<String, String> annotations) {
    JsonNode tree = Json.parse(annotations.getOrDefault(ANNOTATION, "{}"));
    return new DockerRecord(tree.path("Config"), tree.path("HostConfig"));
  }

  /** Whether a client has asked that the container be removed when it has ended. */
  public static boolean isRemovedAtItsEnd(Container container) {
    return of(container.getAnnotationsMap()).hostConfig.path("AutoRemove").asBoolean();
  }

  String toJson() {
    ObjectNode tree = Json.object();
    tree.set("Config", ((ObjectNode) config).deepCopy().without("Env"));
    tree.set("HostConfig", hostConfig);
    return tree.toString();
  }
}
