package io.jukung.linux.io;

import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;

/** Reads the real-time clock without the classes of java.time. Not thread-safe. */
public final class WallClock implements AutoCloseable {
  private static final int CLOCK_REALTIME = 0;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final Memory timespec = Memory.allocate(16);

  /** Returns the nanoseconds since the epoch. */
  public long nanos() {
    // The call cannot fail: the clock always exists and the address is valid.
    Kernel.raw(Syscall.CLOCK_GETTIME, CLOCK_REALTIME, timespec.address(), 0, 0, 0);
    return timespec.getLong(0) * NANOS_PER_SECOND + timespec.getLong(8);
  }

  @Override
  public void close() {
    timespec.close();
  }
}
