package io.jukung.linux.io;

import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;

/** The real-time clock in nanoseconds, without the classes of java.time. For one thread. */
public final class WallClock implements AutoCloseable {
  private static final int CLOCK_REALTIME = 0;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final Memory timespec = Memory.allocate(16);

  /** Nanoseconds since the epoch. */
  public long nanos() {
    // Cannot fail: the clock exists everywhere and the address is ours.
    Kernel.raw(Syscall.CLOCK_GETTIME, CLOCK_REALTIME, timespec.address(), 0, 0, 0);
    return timespec.getLong(0) * NANOS_PER_SECOND + timespec.getLong(8);
  }

  @Override
  public void close() {
    timespec.close();
  }
}
