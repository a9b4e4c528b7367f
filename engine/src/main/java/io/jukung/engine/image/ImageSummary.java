package io.jukung.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.v1.Image;
import io.jukung.engine.daemon.ImageNames;
import io.jukung.engine.http.Json;
import java.util.List;

/** An image as docker's lists have it. */
public final class ImageSummary {
  /** What docker writes for a number that was not counted. */
  private static final int NOT_COUNTED = -1;

  private ImageSummary() {}

  /**
   * Makes the JSON.
   *
   * @param specification the image's configuration
   */
  public static ObjectNode of(Image image, JsonNode specification) {
    ObjectNode json = Json.object();
    json.put("Containers", NOT_COUNTED);
    json.put("Created", ImageFilters.created(specification).getEpochSecond());
    json.put("Id", image.getId());
    JsonNode labels = specification.path("config").path("Labels");
    json.set("Labels", labels.isEmpty() ? json.nullNode() : labels);
    json.put("ParentId", "");
    json.set("RepoDigests", names(image.getRepoDigestsList()));
    json.set("RepoTags", names(image.getRepoTagsList()));
    return json.put("SharedSize", NOT_COUNTED).put("Size", image.getSize());
  }

  /** Names in the form that docker shows. */
  static ArrayNode names(List<String> complete) {
    return Json.texts(complete.stream().map(ImageNames::familiar).toList());
  }
}
