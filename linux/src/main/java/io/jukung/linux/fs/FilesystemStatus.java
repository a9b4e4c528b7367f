package io.jukung.linux.fs;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.nio.file.Path;

/**
 * The status of a file system, from statfs(2).
 *
 * @param magic the number of the file system's type (linux/magic.h)
 * @param availableBytes bytes that a process without privileges may still write
 * @param freeInodes 0 if the file system does not count inodes
 */
public record FilesystemStatus(
    long magic, long totalBytes, long availableBytes, long totalInodes, long freeInodes) {
  private static final int STATFS_BYTES = 120;

  /** Returns the status of the file system that an open file is on. */
  public static FilesystemStatus of(Fd file) throws ErrnoException {
    try (Memory status = Memory.allocate(STATFS_BYTES)) {
      Kernel.call(Syscall.FSTATFS, file::toString, file.number(), status.address(), 0);
      return read(status);
    }
  }

  /** Returns the status of the file system at a path of the host. Symlinks are followed. */
  public static FilesystemStatus of(Path file) throws ErrnoException {
    try (Memory path = Memory.ofString(file.toString());
        Memory status = Memory.allocate(STATFS_BYTES)) {
      Kernel.call(Syscall.STATFS, file::toString, path.address(), status.address(), 0);
      return read(status);
    }
  }

  private static FilesystemStatus read(Memory status) {
    long blockBytes = status.getLong(8);
    return new FilesystemStatus(
        status.getLong(0),
        status.getLong(16) * blockBytes,
        status.getLong(32) * blockBytes,
        status.getLong(40),
        status.getLong(48));
  }
}
