package io.jukung.linux;

import java.io.IOException;

/**
 * A failed system call. The message names the call, its decoded arguments and the error: {@code
 * move_mount(src=overlay, dst=/rootfs): EBUSY Device or resource busy}.
 */
public final class ErrnoException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String call;
  private final int errno;

  /**
   * @param call the system call's name, as in its man page
   * @param arguments its arguments, decoded for a reader; never a secret
   * @param errno the positive error number
   */
  public ErrnoException(String call, String arguments, int errno) {
    super(call + "(" + arguments + "): " + Errno.describe(errno));
    this.call = call;
    this.errno = errno;
  }

  /**
   * @param detail the kernel's own explanation, such as the log of a file system context
   */
  public ErrnoException(String call, String arguments, int errno, String detail) {
    super(call + "(" + arguments + "): " + Errno.describe(errno) + ": " + detail);
    this.call = call;
    this.errno = errno;
  }

  public String call() {
    return call;
  }

  /** Returns the positive error number, see {@link Errno}. */
  public int errno() {
    return errno;
  }

  public boolean is(int expected) {
    return errno == expected;
  }
}
