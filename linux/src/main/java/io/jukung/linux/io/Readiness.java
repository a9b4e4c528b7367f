package io.jukung.linux.io;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;

/** Waits for a single descriptor (poll(2)). */
public final class Readiness {
  private static final long NANOS_PER_MILLI = 1_000_000L;

  private Readiness() {}

  /**
   * Waits until the descriptor is ready for one of {@code events} (those of {@link Epoll}), has an
   * error or is hung up.
   *
   * @param timeoutMillis the longest wait, or {@link Epoll#FOREVER}
   * @return the events that the descriptor is ready for; 0 after the timeout
   */
  public static int await(Fd fd, int events, long timeoutMillis) throws ErrnoException {
    try (Memory pollfd = Memory.allocate(8);
        Memory timeout = Memory.allocate(16)) {
      pollfd.putInt(0, fd.number()).putShort(4, events);
      timeout.putLong(0, timeoutMillis / 1000);
      timeout.putLong(8, timeoutMillis % 1000 * NANOS_PER_MILLI);
      long timeoutAddress = timeoutMillis < 0 ? 0 : timeout.address();
      long result;
      do {
        // The kernel writes the remaining time into the timeout, so a signal does not prolong the
        // wait.
        result = Kernel.raw(Syscall.PPOLL, pollfd.address(), 1, timeoutAddress, 0, 0);
      } while (result == -Errno.EINTR);
      if (result < 0) {
        throw new ErrnoException("ppoll", fd + ", timeout=" + timeoutMillis, (int) -result);
      }
      return pollfd.getShort(6) & 0xffff;
    }
  }
}
