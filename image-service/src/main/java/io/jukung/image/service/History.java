package io.jukung.image.service;

import io.jukung.client.v1.HistoryRequest;
import io.jukung.client.v1.HistoryResponse;
import io.jukung.client.v1.HistoryStep;
import io.jukung.cri.CriException;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.ConfigDocument;
import io.jukung.image.manifest.HistoryEntry;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.StoredImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Tells how an image was made, as far as the image says so. */
public final class History {
  private final ImageStore store;

  public History(ImageStore store) {
    this.store = store;
  }

  public HistoryResponse call(HistoryRequest request) throws IOException {
    String name = request.getImage();
    StoredImage image =
        store.find(name).orElseThrow(() -> CriException.notFound("image " + name + " is not here"));
    if (image.artifact()) {
      throw CriException.failedPrecondition(name + " is an artifact, which has no history");
    }
    Digest id = Digest.parse(image.id());
    byte[] configuration = store.content().read(id, ConfigDocument.MAX_BYTES);
    Iterator<Long> sizes = store.layerBytes(image.id()).iterator();
    List<HistoryStep> steps = new ArrayList<>();
    for (HistoryEntry entry : HistoryEntry.parse(id, configuration)) {
      boolean made = !entry.emptyLayer() && sizes.hasNext();
      steps.add(
          HistoryStep.newBuilder()
              .setCreated(entry.created())
              .setCreatedBy(entry.createdBy())
              .setAuthor(entry.author())
              .setComment(entry.comment())
              .setHasLayer(made)
              .setSize(made ? sizes.next() : 0)
              .build());
    }
    // Layers of which the image does not say how they were made.
    sizes.forEachRemaining(
        size -> steps.add(HistoryStep.newBuilder().setHasLayer(true).setSize(size).build()));
    return HistoryResponse.newBuilder()
        .setImageId(image.id())
        .addAllSteps(steps.reversed())
        .build();
  }
}
