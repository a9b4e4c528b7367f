package io.jukung.linux.fs;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;

/** Brings what was written to the disk. */
public final class Sync {
  private Sync() {}

  /** One file's content and attributes, or a directory's names (fsync(2)). */
  public static void file(Fd file) throws ErrnoException {
    Kernel.call(Syscall.FSYNC, file::toString, file.number());
  }

  /** Everything on the file system that the file is on (syncfs(2)): for a tree just written. */
  public static void filesystem(Fd file) throws ErrnoException {
    Kernel.call(Syscall.SYNCFS, file::toString, file.number());
  }
}
