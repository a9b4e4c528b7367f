package io.jukung.image.layer;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FilesystemStatus;
import java.io.IOException;
import java.io.InterruptedIOException;

/**
 * Ends the writing of large content when the disk is nearly full, so that the space stays free
 * which is reserved for other programs, or when the thread is interrupted. Not thread-safe.
 */
public final class SpaceReserve {
  /** How much may be written between two checks of the free space. */
  private static final long CHECK_BYTES = 64L << 20;

  private final Fd file;
  private final String content;
  private final long reservedBytes;
  private long unchecked;

  /**
   * @param file on the file system that is written to
   * @param content what is written, for the error message, as in "a layer"
   */
  public SpaceReserve(Fd file, long reservedBytes, String content) {
    this.file = file;
    this.content = content;
    this.reservedBytes = reservedBytes;
  }

  /** Counts what was written, and checks once in a while. */
  public void written(long bytes) throws IOException {
    unchecked += bytes;
    if (unchecked >= CHECK_BYTES) {
      check();
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("writing " + content + " was interrupted");
      }
    }
  }

  /**
   * Counts what is about to be written, and checks once in a while, or if it is much, that there is
   * room for it.
   */
  public void require(long bytes) throws IOException {
    unchecked += bytes;
    if (unchecked >= CHECK_BYTES) {
      check(bytes);
    }
  }

  public void check() throws ErrnoException {
    check(0);
  }

  private void check(long more) throws ErrnoException {
    unchecked = 0;
    FilesystemStatus status = FilesystemStatus.of(file);
    if (status.availableBytes() - more < reservedBytes) {
      throw new ErrnoException(
          "write",
          "%s, %d bytes are free and %d stay reserved"
              .formatted(content, status.availableBytes(), reservedBytes),
          Errno.ENOSPC);
    }
  }
}
