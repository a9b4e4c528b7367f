package io.jukung.linux.libc;

/**
 * The interface to syscall(2). All code uses it through {@link Kernel}; tests install an
 * implementation that records calls or makes them fail.
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
