package io.jukung.linux.io;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;

/** Waits for one or two descriptors (poll(2)). */
public final class Readiness {
  private static final long NANOS_PER_MILLI = 1_000_000L;

  // struct pollfd: the descriptor, the events and, from the kernel, the events that are there.
  private static final int POLLFD_BYTES = 8;

  private Readiness() {}

  /**
   * Waits until the descriptor is ready for one of {@code events} (those of {@link Epoll}), has an
   * error or is hung up.
   *
   * @param timeoutMillis the longest wait, or {@link Epoll#FOREVER}
   * @return the events that the descriptor is ready for; 0 after the timeout
   */
  public static int await(Fd fd, int events, long timeoutMillis) throws ErrnoException {
    try (Memory pollfd = Memory.allocate(POLLFD_BYTES)) {
      put(pollfd, 0, fd, events);
      poll(pollfd, 1, fd, timeoutMillis);
      return readyFor(pollfd, 0);
    }
  }

  /**
   * Waits as {@link #await} does, and also until {@code other} is readable.
   *
   * @return the events that the first descriptor is ready for; 0 if {@code other} is readable,
   *     whatever the first one is ready for, and after the timeout
   */
  public static int awaitEither(Fd fd, int events, Fd other, long timeoutMillis)
      throws ErrnoException {
    try (Memory pollfds = Memory.allocate(2 * POLLFD_BYTES)) {
      put(pollfds, 0, fd, events);
      put(pollfds, POLLFD_BYTES, other, Epoll.IN);
      poll(pollfds, 2, fd, timeoutMillis);
      return readyFor(pollfds, POLLFD_BYTES) != 0 ? 0 : readyFor(pollfds, 0);
    }
  }

  private static void put(Memory pollfds, int offset, Fd fd, int events) {
    pollfds.putInt(offset, fd.number()).putShort(offset + 4, events);
  }

  private static int readyFor(Memory pollfds, int offset) {
    return pollfds.getShort(offset + 6) & 0xffff;
  }

  private static void poll(Memory pollfds, int count, Fd fd, long timeoutMillis)
      throws ErrnoException {
    try (Memory timeout = Memory.allocate(16)) {
      timeout.putLong(0, timeoutMillis / 1000);
      timeout.putLong(8, timeoutMillis % 1000 * NANOS_PER_MILLI);
      long timeoutAddress = timeoutMillis < 0 ? 0 : timeout.address();
      long result;
      do {
        // The kernel writes the remaining time into the timeout, so a signal does not prolong the
        // wait.
        result = Kernel.raw(Syscall.PPOLL, pollfds.address(), count, timeoutAddress, 0, 0);
      } while (result == -Errno.EINTR);
      if (result < 0) {
        throw new ErrnoException("ppoll", fd + ", timeout=" + timeoutMillis, (int) -result);
      }
    }
  }
}
