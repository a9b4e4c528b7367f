package io.jukung.image.service;

import io.jukung.client.v1.UsageRequest;
import io.jukung.client.v1.UsageResponse;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.StoreUsage;
import io.jukung.linux.fs.DiskUsage;
import java.io.IOException;
import java.nio.file.Path;

/** Answers how much disk space images and containers use, and how much of it could be freed. */
public final class Usage {
  private final ImageStore store;
  private final Path containers;

  /**
   * Creates the call; nothing is counted yet.
   *
   * @param containers the directory of the containers' writable layers, which exists
   */
  public Usage(ImageStore store, Path containers) {
    this.store = store;
    this.containers = containers;
  }

  public UsageResponse call(UsageRequest request) throws IOException {
    StoreUsage usage = store.detailedUsage();
    DiskUsage written = DiskUsage.of(containers);
    return UsageResponse.newBuilder()
        .setImages(usage.images())
        .setUsedImages(usage.usedImages())
        .setBlobBytes(usage.blobs().bytes())
        .setLayerBytes(usage.layers().bytes())
        .setReclaimableBytes(usage.reclaimableBytes())
        .setContainerBytes(written.bytes())
        .build();
  }
}
