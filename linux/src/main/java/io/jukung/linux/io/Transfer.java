package io.jukung.linux.io;

import io.jukung.linux.Errno;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;

/**
 * Calls read(2) and write(2) between a descriptor and native memory, without allocating memory.
 * Errors are part of the result, because callers that copy bytes handle most of them.
 */
public final class Transfer {
  /** The result of a call on a non-blocking descriptor that has no data or no room. */
  public static final int WOULD_BLOCK = -Errno.EAGAIN;

  private Transfer() {}

  /** Returns the number of bytes read, 0 at the end of the stream, or a negated error number. */
  public static int read(Fd fd, Memory buffer, int offset, int length) {
    check(buffer, offset, length);
    long result;
    do {
      result = Kernel.raw(Syscall.READ, fd.number(), buffer.address() + offset, length, 0, 0);
    } while (result == -Errno.EINTR);
    return (int) result;
  }

  /**
   * Returns the number of bytes written, perhaps fewer than asked for, or a negated error number.
   */
  public static int write(Fd fd, Memory buffer, int offset, int length) {
    check(buffer, offset, length);
    long result;
    do {
      result = Kernel.raw(Syscall.WRITE, fd.number(), buffer.address() + offset, length, 0, 0);
    } while (result == -Errno.EINTR);
    return (int) result;
  }

  static void check(Memory buffer, int offset, int length) {
    if (offset < 0 || length < 0 || offset > buffer.size() - length) {
      throw new IndexOutOfBoundsException(offset + "+" + length + " of " + buffer.size());
    }
  }
}
