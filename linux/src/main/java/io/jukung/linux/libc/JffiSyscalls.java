package io.jukung.linux.libc;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.LastError;
import com.kenai.jffi.Library;
import com.kenai.jffi.Type;
import java.util.Arrays;

/**
 * Implements {@link Syscalls} with jffi, the lower layer of JNR-FFI. JNR-FFI itself generates
 * classes at run time, which costs each shim 90 ms and 4 MB; jffi does not.
 */
final class JffiSyscalls implements Syscalls {
  private static final Library LIBC =
      Library.getCachedInstance(null, Library.LAZY | Library.GLOBAL);
  private static final Invoker INVOKER = Invoker.getInstance();
  private static final LastError ERRNO = LastError.getInstance();
  private static final long SYSCALL = LIBC.getSymbolAddress("syscall");
  private static final long MMAP = LIBC.getSymbolAddress("mmap");
  private static final CallContext[] CONTEXTS = contexts();

  @Override
  public long call(Syscall call, long a, long b, long c, long d, long e) {
    long result = INVOKER.invokeN6(CONTEXTS[6], SYSCALL, call.number(), a, b, c, d, e);
    return result == -1 ? -ERRNO.get() : result;
  }

  /** mmap(2) has six arguments, one more than {@link Syscalls} passes. */
  static long mmapAnonymous(long length, int protection, int flags) {
    long result = INVOKER.invokeN6(CONTEXTS[6], MMAP, 0, length, protection, flags, -1, 0);
    return result == -1 ? -ERRNO.get() : result;
  }

  /** Calls machine code at {@code address} with one pointer argument. */
  static long callCode(long address, long argument) {
    return INVOKER.invokeN1(CONTEXTS[1], address, argument);
  }

  private static CallContext[] contexts() {
    CallContext[] contexts = new CallContext[7];
    for (int count = 0; count < contexts.length; count++) {
      Type[] parameters = new Type[count];
      Arrays.fill(parameters, Type.SLONG_LONG);
      contexts[count] =
          CallContext.getCallContext(
              Type.SLONG_LONG, parameters, CallingConvention.DEFAULT, /* saveErrno= */ true);
    }
    return contexts;
  }
}
