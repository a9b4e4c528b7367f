package io.jukung.linux.libc;

/**
 * The one narrow interface over the kernel: syscall(2). Everything above it speaks through {@link
 * Kernel}; a test installs a recording or failing one.
 */
@FunctionalInterface
public interface Syscalls {
  /**
   * Makes the system call. Unused arguments are 0.
   *
   * @return the result, or the negated error number
   */
  long call(Syscall call, long a, long b, long c, long d, long e);
}
