package io.jukung.cri.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ImageStatusResponse;
import java.util.Set;

/**
 * An image as {@code docker image inspect} prints it: the answer of docker's {@code GET
 * /images/{name}/json}.
 */
public final class ImageJson {
  /** Members that docker leaves out of some images. */
  public static final Set<String> OPTIONAL =
      Set.of(
          "Variant",
          "Healthcheck",
          "StopSignal",
          "ExposedPorts",
          "Volumes",
          "Labels",
          "Shell",
          "User",
          "Entrypoint",
          "Cmd",
          "Env",
          "WorkingDir",
          "OnBuild",
          "ArgsEscaped");

  /** Members whose own members have names of the user's choice. */
  public static final Set<String> MAPS = Set.of("Labels", "ExposedPorts", "Volumes");

  /** Members that are lists, which are null in JSON or left out if they have nothing. */
  public static final Set<String> LISTS =
      Set.of("RepoTags", "RepoDigests", "Layers", "Cmd", "Entrypoint", "Env", "OnBuild", "Shell");

  private ImageJson() {}

  /**
   * Makes the JSON.
   *
   * @param answer the verbose answer of ImageStatus, which has an image
   */
  public static ObjectNode of(ImageStatusResponse answer) {
    Image image = answer.getImage();
    JsonNode info = ContainerFacts.info(answer.getInfoMap());
    JsonNode spec = info.path("imageSpec");
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("Id", image.getId());
    ArrayNode tags = json.putArray("RepoTags");
    image.getRepoTagsList().forEach(tags::add);
    ArrayNode digests = json.putArray("RepoDigests");
    image.getRepoDigestsList().forEach(digests::add);
    json.put("Parent", "");
    json.put("Comment", spec.path("comment").asText());
    json.put("Created", spec.path("created").asText());
    json.put("DockerVersion", spec.path("docker_version").asText());
    json.put("Author", spec.path("author").asText());
    JsonNode config = spec.path("config");
    json.set("Config", config.isObject() ? config : JsonNodeFactory.instance.objectNode());
    json.put("Architecture", spec.path("architecture").asText());
    if (spec.path("variant").isTextual()) {
      json.set("Variant", spec.path("variant"));
    }
    json.put("Os", spec.path("os").asText());
    json.put("Size", image.getSize());
    json.set("GraphDriver", graphDriver(info.path("chain")));
    ObjectNode rootfs = json.putObject("RootFS");
    rootfs.put("Type", "layers");
    ArrayNode layers = rootfs.putArray("Layers");
    spec.path("rootfs").path("diff_ids").forEach(layers::add);
    json.putObject("Metadata").put("LastTagTime", DockerTime.NEVER);
    return json;
  }

  private static ObjectNode graphDriver(JsonNode chain) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ObjectNode data = json.putObject("Data");
    data.put("LowerDir", String.join(":", chain.valueStream().map(JsonNode::asText).toList()));
    json.put("Name", "overlay2");
    return json;
  }
}
