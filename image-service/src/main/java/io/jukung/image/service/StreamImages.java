package io.jukung.image.service;

import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.cri.v1.StreamImagesRequest;
import io.jukung.cri.v1.StreamImagesResponse;
import java.util.List;
import java.util.function.Consumer;

/** Lists images in several messages, for lists that exceed one message (KEP-5825). */
public final class StreamImages {
  /** An image with a dozen names takes one or two kilobytes; a message may have 4 MiB. */
  private static final int IMAGES_PER_MESSAGE = 200;

  private final ListImages list;

  public StreamImages(ListImages list) {
    this.list = list;
  }

  /**
   * Sends the images that are here at this moment, each once.
   *
   * @param sink receives the messages; none for an empty list
   */
  public void call(StreamImagesRequest request, Consumer<StreamImagesResponse> sink) {
    List<Image> images =
        list.call(ListImagesRequest.newBuilder().setFilter(request.getFilter()).build())
            .getImagesList();
    for (int start = 0; start < images.size(); start += IMAGES_PER_MESSAGE) {
      int end = Math.min(start + IMAGES_PER_MESSAGE, images.size());
      sink.accept(
          StreamImagesResponse.newBuilder().addAllImages(images.subList(start, end)).build());
    }
  }
}
