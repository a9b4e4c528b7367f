package io.jukung.linux.fs;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;

/** Waits until written data is on disk. */
public final class Sync {
  private Sync() {}

  /** Syncs the content and attributes of a file, or the names in a directory (fsync(2)). */
  public static void file(Fd file) throws ErrnoException {
    Kernel.call(Syscall.FSYNC, file::toString, file.number());
  }

  /**
   * Syncs the whole file system that the file is on (syncfs(2)), for a tree that was just written.
   */
  public static void filesystem(Fd file) throws ErrnoException {
    Kernel.call(Syscall.SYNCFS, file::toString, file.number());
  }
}
