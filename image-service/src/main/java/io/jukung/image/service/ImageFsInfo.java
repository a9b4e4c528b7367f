package io.jukung.image.service;

import io.jukung.cri.v1.FilesystemIdentifier;
import io.jukung.cri.v1.FilesystemUsage;
import io.jukung.cri.v1.ImageFsInfoRequest;
import io.jukung.cri.v1.ImageFsInfoResponse;
import io.jukung.cri.v1.UInt64Value;
import io.jukung.image.ImageStore;
import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.fs.DiskUsage;
import io.jukung.linux.fs.Fd;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Answers what images and containers take on disk. Images are known from their records. Containers
 * write as they please, so theirs is counted file by file, at most once in a second however many
 * ask.
 */
public final class ImageFsInfo {
  /** Kubelet asks every ten seconds; who looks closer sees a change within a second. */
  private static final Duration COUNT_INTERVAL = Duration.ofSeconds(1);

  private final ImageStore store;
  private final Path containers;
  private final ReentrantLock counting = new ReentrantLock();
  private @Nullable Count last;

  private record Count(DiskUsage usage, Instant time, long nanos) {}

  /**
   * Counts nothing yet.
   *
   * @param containers the directory with the containers' writable layers; exists
   */
  public ImageFsInfo(ImageStore store, Path containers) {
    this.store = store;
    this.containers = containers;
  }

  public ImageFsInfoResponse call(ImageFsInfoRequest request)
      throws IOException, InterruptedException {
    Count count = containers();
    return ImageFsInfoResponse.newBuilder()
        .addImageFilesystems(usage(store.root(), store.usage(), Instant.now()))
        .addContainerFilesystems(usage(containers, count.usage, count.time))
        .build();
  }

  private Count containers() throws IOException, InterruptedException {
    counting.lockInterruptibly();
    try {
      Count known = last;
      if (known == null || System.nanoTime() - known.nanos > COUNT_INTERVAL.toNanos()) {
        try (Fd directory = AtomicFile.openHostDirectory(containers)) {
          known = new Count(DiskUsage.of(directory), Instant.now(), System.nanoTime());
        }
        last = known;
      }
      return known;
    } finally {
      counting.unlock();
    }
  }

  private static FilesystemUsage usage(Path directory, DiskUsage usage, Instant time) {
    return FilesystemUsage.newBuilder()
        .setTimestamp(time.getEpochSecond() * 1_000_000_000L + time.getNano())
        .setFsId(FilesystemIdentifier.newBuilder().setMountpoint(directory.toString()))
        .setUsedBytes(UInt64Value.newBuilder().setValue(usage.bytes()))
        .setInodesUsed(UInt64Value.newBuilder().setValue(usage.inodes()))
        .build();
  }
}
