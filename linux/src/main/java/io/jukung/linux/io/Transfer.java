package io.jukung.linux.io;

import io.jukung.linux.Errno;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;

/**
 * read(2) and write(2) between a descriptor and native memory, without allocation. Errors are part
 * of the result, because a caller that pumps bytes has an answer to most of them.
 */
public final class Transfer {
  /** The result of a call on a non-blocking descriptor that had nothing to give or no room. */
  public static final int WOULD_BLOCK = -Errno.EAGAIN;

  private Transfer() {}

  /** Bytes read, 0 at the end of the stream, or a negated error number. */
  public static int read(Fd fd, Memory buffer, int offset, int length) {
    check(buffer, offset, length);
    long result;
    do {
      result = Kernel.raw(Syscall.READ, fd.number(), buffer.address() + offset, length, 0, 0);
    } while (result == -Errno.EINTR);
    return (int) result;
  }

  /** Bytes written, perhaps fewer than asked, or a negated error number. */
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
