package io.jukung.runtime.service;

import io.jukung.linux.Errno;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.libc.Syscalls;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** The real kernel, except that one system call of the whole process fails. */
public final class KernelFaults implements Syscalls, AutoCloseable {
  /** Refusing to close would leak the descriptor in the test itself. */
  private static final Set<Syscall> NEVER = EnumSet.of(Syscall.CLOSE);

  private final Syscalls real;
  private final int failAt;
  private final AtomicInteger calls = new AtomicInteger();
  private volatile String failed = "";

  private KernelFaults(Syscalls real, int failAt) {
    this.real = real;
    this.failAt = failAt;
  }

  /** Makes the {@code n}-th call fail with EIO. Affects the whole process until {@link #close}. */
  public static KernelFaults failAt(int n) {
    Syscalls real = Kernel.install((_, _, _, _, _, _) -> -Errno.ENOSYS);
    KernelFaults faults = new KernelFaults(real, n);
    Kernel.install(faults);
    return faults;
  }

  /** The name of the call that failed; empty if fewer calls were made. */
  public String failed() {
    return failed;
  }

  @Override
  public long call(Syscall call, long a, long b, long c, long d, long e) {
    if (!NEVER.contains(call) && calls.getAndIncrement() == failAt) {
      failed = call.toString();
      return -Errno.EIO;
    }
    return real.call(call, a, b, c, d, e);
  }

  @Override
  public void close() {
    Kernel.install(real);
  }
}
