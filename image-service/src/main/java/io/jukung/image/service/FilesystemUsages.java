package io.jukung.image.service;

import io.jukung.cri.UInt64;
import io.jukung.cri.v1.FilesystemIdentifier;
import io.jukung.cri.v1.FilesystemUsage;
import io.jukung.linux.fs.DiskUsage;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** Converts disk usage to CRI's message. */
public final class FilesystemUsages {
  private FilesystemUsages() {}

  /**
   * The usage as a message.
   *
   * @param directory the counted directory, whose path names the file system
   * @param time the time of the count
   */
  public static FilesystemUsage of(Path directory, DiskUsage usage, Instant time) {
    return FilesystemUsage.newBuilder()
        .setTimestamp(TimeUnit.SECONDS.toNanos(time.getEpochSecond()) + time.getNano())
        .setFsId(FilesystemIdentifier.newBuilder().setMountpoint(directory.toString()))
        .setUsedBytes(UInt64.of(usage.bytes()))
        .setInodesUsed(UInt64.of(usage.inodes()))
        .build();
  }
}
