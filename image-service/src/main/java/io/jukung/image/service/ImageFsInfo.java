package io.jukung.image.service;

import io.jukung.cri.v1.ImageFsInfoRequest;
import io.jukung.cri.v1.ImageFsInfoResponse;
import io.jukung.image.store.ImageStore;
import io.jukung.linux.fs.DiskUsage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Answers how much disk space images and containers use. The size of images is known from their
 * records; the files of containers are counted, at most once a second however many callers ask.
 */
public final class ImageFsInfo {
  /** Kubelet asks every ten seconds; a caller that asks more often sees changes after a second. */
  private static final Duration COUNT_INTERVAL = Duration.ofSeconds(1);

  private final ImageStore store;
  private final Path containers;
  private final ReentrantLock counting = new ReentrantLock();
  private @Nullable Count last;

  private record Count(DiskUsage usage, Instant time, long nanos) {}

  /**
   * Creates the call; nothing is counted yet.
   *
   * @param containers the directory of the containers' writable layers, which exists
   */
  public ImageFsInfo(ImageStore store, Path containers) {
    this.store = store;
    this.containers = containers;
  }

  public ImageFsInfoResponse call(ImageFsInfoRequest request)
      throws IOException, InterruptedException {
    Count count = containers();
    return ImageFsInfoResponse.newBuilder()
        .addImageFilesystems(FilesystemUsages.of(store.root(), store.usage(), Instant.now()))
        .addContainerFilesystems(FilesystemUsages.of(containers, count.usage, count.time))
        .build();
  }

  private Count containers() throws IOException, InterruptedException {
    counting.lockInterruptibly();
    try {
      Count known = last;
      if (known == null || System.nanoTime() - known.nanos > COUNT_INTERVAL.toNanos()) {
        known = new Count(DiskUsage.of(containers), Instant.now(), System.nanoTime());
        last = known;
      }
      return known;
    } finally {
      counting.unlock();
    }
  }
}
