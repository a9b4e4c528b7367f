package io.jukung.image.service;

import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.cri.v1.ListImagesResponse;
import io.jukung.image.store.ImageStore;

/** Lists the images that are here, with one entry per image that has all its names. */
public final class ListImages {
  private final ImageStore store;

  public ListImages(ImageStore store) {
    this.store = store;
  }

  public ListImagesResponse call(ListImagesRequest request) {
    ImageSpec filter = request.getFilter().getImage();
    String reference = ImageFields.reference(filter, "filter.image");
    ListImagesResponse.Builder response = ListImagesResponse.newBuilder();
    if (reference.isEmpty()) {
      store.list().forEach(image -> response.addImages(ImageFields.toCri(image)));
    } else {
      store.find(reference).ifPresent(image -> response.addImages(ImageFields.toCri(image)));
    }
    return response.build();
  }
}
