package io.jukung.image.layer;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FilesystemStatus;
import java.io.IOException;
import java.io.InterruptedIOException;

/** Keeps a layer from eating the space that stays reserved, and ends it when it is interrupted. */
final class SpaceReserve {
  /** How much may be written between two looks at the free space. */
  private static final long CHECK_BYTES = 64L << 20;

  private final Fd file;
  private final long reservedBytes;
  private long unchecked;

  /**
   * @param file on the file system that is written to
   */
  SpaceReserve(Fd file, long reservedBytes) {
    this.file = file;
    this.reservedBytes = reservedBytes;
  }

  /** Counts what was written. */
  void written(long bytes) throws IOException {
    unchecked += bytes;
    if (unchecked >= CHECK_BYTES) {
      check();
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("unpack was interrupted");
      }
    }
  }

  void check() throws ErrnoException {
    unchecked = 0;
    FilesystemStatus status = FilesystemStatus.of(file);
    if (status.availableBytes() < reservedBytes) {
      throw new ErrnoException(
          "write",
          "a layer, %d bytes are free and %d stay reserved"
              .formatted(status.availableBytes(), reservedBytes),
          Errno.ENOSPC);
    }
  }
}
