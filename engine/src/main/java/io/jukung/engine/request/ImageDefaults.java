package io.jukung.engine.request;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.engine.http.Json;
import java.util.List;

/** What an image says about itself and its containers. */
public final class ImageDefaults {
  private ImageDefaults() {}

  /** The image's configuration (OCI image-spec, config.md); without members for an artifact. */
  public static JsonNode specification(ImageStatusResponse image) {
    return Json.details(image.getInfoMap()).path("imageSpec");
  }

  /** What the image has for its containers, as docker's Config, with nulls for lists it has not. */
  public static ObjectNode config(ImageStatusResponse image) {
    JsonNode given = specification(image).path("config");
    ObjectNode config = given.isObject() ? ((ObjectNode) given).deepCopy() : Json.object();
    for (String list : List.of("Cmd", "Entrypoint")) {
      if (config.path(list).isEmpty()) {
        config.putNull(list);
      }
    }
    return config;
  }
}
