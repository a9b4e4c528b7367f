package io.jukung.image.service;

import io.jukung.client.v1.TagRequest;
import io.jukung.client.v1.TagResponse;
import io.jukung.cri.CriException;
import io.jukung.image.store.ImageStore;
import java.io.IOException;

/** Gives an image another tag, which is taken from the image that had it. */
public final class Tag {
  private final ImageStore store;

  public Tag(ImageStore store) {
    this.store = store;
  }

  public TagResponse call(TagRequest request) throws IOException {
    if (request.getImage().isEmpty() || request.getTag().isEmpty()) {
      throw CriException.invalidArgument("request has no image or no tag");
    }
    return TagResponse.newBuilder()
        .setImage(ImageFields.toCri(store.tag(request.getImage(), request.getTag())))
        .build();
  }
}
