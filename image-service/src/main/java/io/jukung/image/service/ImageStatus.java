package io.jukung.image.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.ConfigDocument;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.StoredImage;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/** Answers what is known of one image; the answer is empty for an image that is not here. */
public final class ImageStatus {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final ImageStore store;

  public ImageStatus(ImageStore store) {
    this.store = store;
  }

  /**
   * Answers the call.
   *
   * @throws IOException if details are asked for, and the image's configuration cannot be read
   */
  public ImageStatusResponse call(ImageStatusRequest request) throws IOException {
    String reference = ImageFields.requiredReference(request.getImage(), "image");
    Optional<StoredImage> image = store.find(reference);
    ImageStatusResponse.Builder response = ImageStatusResponse.newBuilder();
    if (image.isPresent()) {
      response.setImage(ImageFields.toCri(image.get()));
      if (request.getVerbose()) {
        response.putInfo("info", verbose(image.get()));
      }
    }
    return response.build();
  }

  /** The value of the entry "info", in which crictl expects a JSON document. */
  private String verbose(StoredImage image) throws IOException {
    return JSON.writeValueAsString(
        Map.of(
            "id", image.id(),
            "sizeBytes", image.sizeBytes(),
            "imageSpec", configuration(image),
            "chain", store.lowerDirectories(image.id()).stream().map(Object::toString).toList()));
  }

  /** The configuration as the image has it (OCI image-spec, config.md); an artifact has none. */
  private JsonNode configuration(StoredImage image) throws IOException {
    if (image.artifact()) {
      return JsonNodeFactory.instance.objectNode();
    }
    return JSON.readTree(store.content().read(Digest.parse(image.id()), ConfigDocument.MAX_BYTES));
  }
}
