package io.jukung.linux.io;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;

/** Wakes a thread that waits in {@link Epoll} (eventfd(2)). {@link #signal} is thread-safe. */
public final class Eventfd implements AutoCloseable {
  private static final int EFD_CLOEXEC_NONBLOCK = 0x80800;

  private final Fd fd;
  // Allocated in advance, so that a signal never fails for lack of memory.
  private final Memory one = Memory.allocate(8).putLong(0, 1);

  private Eventfd(Fd fd) {
    this.fd = fd;
  }

  public static Eventfd create() throws ErrnoException {
    long fd = Kernel.raw(Syscall.EVENTFD2, 0, EFD_CLOEXEC_NONBLOCK, 0, 0, 0);
    if (fd < 0) {
      throw new ErrnoException("eventfd2", "EFD_CLOEXEC|EFD_NONBLOCK", (int) -fd);
    }
    return new Eventfd(Fd.own(fd));
  }

  /**
   * Returns the descriptor for {@link Epoll#add}, which is readable from a {@link #signal} until
   * the next {@link #clear}.
   */
  public Fd fd() {
    return fd;
  }

  public void signal() throws ErrnoException {
    int result = Transfer.write(fd, one, 0, 8);
    // EAGAIN: the counter is full, so the descriptor is readable already.
    if (result < 0 && result != -Errno.EAGAIN) {
      throw new ErrnoException("write", fd + ", eventfd", -result);
    }
  }

  /** Clears all signals. Must be called before the work that they announce is looked at. */
  public void clear() throws ErrnoException {
    try (Memory count = Memory.allocate(8)) {
      int result = Transfer.read(fd, count, 0, 8);
      if (result < 0 && result != -Errno.EAGAIN) {
        throw new ErrnoException("read", fd + ", eventfd", -result);
      }
    }
  }

  @Override
  public void close() {
    fd.close();
    one.close();
  }
}
