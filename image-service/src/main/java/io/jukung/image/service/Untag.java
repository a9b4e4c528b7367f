package io.jukung.image.service;

import io.jukung.client.v1.UntagRequest;
import io.jukung.client.v1.UntagResponse;
import io.jukung.cri.CriException;
import io.jukung.image.store.ImageStore;
import java.io.IOException;

/** Takes a tag from an image that has other tags. */
public final class Untag {
  private final ImageStore store;

  public Untag(ImageStore store) {
    this.store = store;
  }

  public UntagResponse call(UntagRequest request) throws IOException {
    if (request.getTag().isEmpty()) {
      throw CriException.invalidArgument("request has no tag");
    }
    return UntagResponse.newBuilder()
        .setImage(ImageFields.toCri(store.untag(request.getTag())))
        .build();
  }
}
