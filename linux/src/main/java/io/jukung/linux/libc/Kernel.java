package io.jukung.linux.libc;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import java.util.function.Supplier;

/**
 * Where the domain words reach the kernel, and where its refusals become {@link ErrnoException}.
 */
public final class Kernel {
  private static volatile Syscalls syscalls = new JffiSyscalls();

  private Kernel() {}

  /** Replaces the binding, for tests and failpoints; returns the one that was there. */
  public static Syscalls install(Syscalls replacement) {
    Syscalls previous = syscalls;
    syscalls = replacement;
    return previous;
  }

  /** The binding in use. */
  public static Syscalls current() {
    return syscalls;
  }

  /** The call's result, or the negated error number. Never throws. */
  public static long raw(Syscall call, long a, long b, long c, long d, long e) {
    return syscalls.call(call, a, b, c, d, e);
  }

  /**
   * Makes the call, again for as long as a signal interrupts it.
   *
   * @param arguments decoded arguments for the error text, only asked for on failure
   */
  public static long call(
      Syscall call, Supplier<String> arguments, long a, long b, long c, long d, long e)
      throws ErrnoException {
    long result;
    do {
      result = syscalls.call(call, a, b, c, d, e);
    } while (result == -Errno.EINTR);
    if (result < 0) {
      throw new ErrnoException(call.toString(), arguments.get(), (int) -result);
    }
    return result;
  }

  public static long call(Syscall call, Supplier<String> arguments, long a, long b, long c)
      throws ErrnoException {
    return call(call, arguments, a, b, c, 0, 0);
  }

  public static long call(Syscall call, Supplier<String> arguments, long a) throws ErrnoException {
    return call(call, arguments, a, 0, 0, 0, 0);
  }

  /** Runs machine code that {@link ExecutableCode} holds, with one pointer argument. */
  public static long run(ExecutableCode code, long argument) {
    return JffiSyscalls.callCode(code.address(), argument);
  }
}
