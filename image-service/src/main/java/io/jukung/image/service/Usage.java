package io.jukung.image.service;

import io.jukung.client.v1.UsageRequest;
import io.jukung.client.v1.UsageResponse;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.StoreUsage;
import io.jukung.linux.fs.DiskUsage;
import java.io.IOException;
import java.nio.file.Path;

/** Tells what images and containers take on disk, and what of it could go. */
public final class Usage {
  private final ImageStore store;
  private final Path containers;

  /**
   * Counts nothing yet.
   *
   * @param containers the directory with the containers' writable layers; exists
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
