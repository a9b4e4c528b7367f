package io.jukung.linux.io;

import static io.jukung.linux.fs.OpenFlags.O_NONBLOCK;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;

/** The status flags of an open file (fcntl(2)), which all its duplicates share. */
public final class StatusFlags {
  private static final int F_GETFL = 3;
  private static final int F_SETFL = 4;

  private StatusFlags() {}

  /** Makes reads and writes fail with EAGAIN where they would block. */
  public static void setNonBlocking(Fd fd) throws ErrnoException {
    long flags = Kernel.raw(Syscall.FCNTL, fd.number(), F_GETFL, 0, 0, 0);
    if (flags < 0) {
      throw new ErrnoException("fcntl", fd + ", F_GETFL", (int) -flags);
    }
    long result = Kernel.raw(Syscall.FCNTL, fd.number(), F_SETFL, flags | O_NONBLOCK, 0, 0);
    if (result < 0) {
      throw new ErrnoException("fcntl", fd + ", F_SETFL, O_NONBLOCK", (int) -result);
    }
  }
}
