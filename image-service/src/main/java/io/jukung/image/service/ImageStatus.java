package io.jukung.image.service;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.StoredImage;
import java.util.Map;
import java.util.Optional;

/** Answers what is known of one image; the answer is empty for an image that is not here. */
public final class ImageStatus {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final ImageStore store;

  public ImageStatus(ImageStore store) {
    this.store = store;
  }

  public ImageStatusResponse call(ImageStatusRequest request) throws JsonProcessingException {
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
  private String verbose(StoredImage image) throws JsonProcessingException {
    return JSON.writeValueAsString(
        Map.of(
            "id", image.id(),
            "sizeBytes", image.sizeBytes(),
            "imageSpec", image.config(),
            "chain", store.lowerDirectories(image.id()).stream().map(Object::toString).toList()));
  }
}
