package io.jukung.linux.libc;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

/** Makes system calls and turns their errors into {@link ErrnoException}. Thread-safe. */
public final class Kernel {
  private static volatile Syscalls syscalls = new JffiSyscalls();

  private Kernel() {}

  /** Replaces the binding, for tests and failpoints. Returns the previous one. */
  public static Syscalls install(Syscalls replacement) {
    Syscalls previous = syscalls;
    syscalls = replacement;
    return previous;
  }

  /** Returns the binding in use. */
  public static Syscalls current() {
    return syscalls;
  }

  /** Makes a call and returns its result or the negated error number. Never throws. */
  public static long raw(Syscall call, long a, long b, long c, long d, long e) {
    return syscalls.call(call, a, b, c, d, e);
  }

  /**
   * Makes a call, and repeats it while signals interrupt it.
   *
   * @param arguments the decoded arguments for the error message, only evaluated on failure
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

  /**
   * As {@link #call(Syscall, Supplier, long, long, long, long, long)}, for a call whose failure is
   * often a usual answer, such as that a name is not there. To throw and to catch an exception
   * takes longer than most calls.
   *
   * @param usual says which error numbers are returned instead of thrown
   * @return the result, or the negated error number if it is usual
   */
  public static long attempt(
      Syscall call, Supplier<String> arguments, IntPredicate usual, long a, long b, long c, long d)
      throws ErrnoException {
    long result;
    do {
      result = syscalls.call(call, a, b, c, d, 0);
    } while (result == -Errno.EINTR);
    if (result < 0 && !usual.test((int) -result)) {
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
