package io.jukung.image.service;

import io.jukung.cri.v1.RemoveImageRequest;
import io.jukung.cri.v1.RemoveImageResponse;
import io.jukung.image.store.ImageStore;
import java.io.IOException;

/** Removes an image with all its names. Removing an image that is not here is a no-op. */
public final class RemoveImage {
  private final ImageStore store;

  public RemoveImage(ImageStore store) {
    this.store = store;
  }

  public RemoveImageResponse call(RemoveImageRequest request) throws IOException {
    store.remove(ImageFields.requiredReference(request.getImage(), "image"));
    return RemoveImageResponse.getDefaultInstance();
  }
}
