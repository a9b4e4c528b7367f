package io.jukung.linux.libc;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.Library;
import com.kenai.jffi.Type;
import java.util.Arrays;
import java.util.Optional;

/**
 * A C library other than libc, loaded when it is first asked for: what it offers must be able to be
 * absent. Thread-safe as far as the library is.
 */
public final class NativeLibrary {
  private static final int MAX_ARGUMENTS = 6;

  private final String name;
  private final Library library;

  private NativeLibrary(String name, Library library) {
    this.name = name;
    this.library = library;
  }

  /** The library of this file name, for the life of the process; empty where ld.so has none. */
  public static Optional<NativeLibrary> load(String name) {
    Library library = Library.getCachedInstance(name, Library.LAZY | Library.LOCAL);
    return library == null ? Optional.empty() : Optional.of(new NativeLibrary(name, library));
  }

  /**
   * One function of the library.
   *
   * @throws UnsatisfiedLinkError where the library has no such symbol
   */
  public Function function(String symbol) {
    long address = library.getSymbolAddress(symbol);
    if (address == 0) {
      throw new UnsatisfiedLinkError(name + " has no " + symbol);
    }
    return new Function(address);
  }

  /** Called with integers and pointers only, as both architectures pass them in registers. */
  public static final class Function {
    private static final Invoker INVOKER = Invoker.getInstance();
    private static final CallContext CONTEXT = context();

    private final long address;

    private Function(long address) {
      this.address = address;
    }

    /** Surplus registers are set too, which no callee minds. */
    public long call(long... arguments) {
      long[] all = Arrays.copyOf(arguments, MAX_ARGUMENTS);
      return INVOKER.invokeN6(CONTEXT, address, all[0], all[1], all[2], all[3], all[4], all[5]);
    }

    private static CallContext context() {
      Type[] parameters = new Type[MAX_ARGUMENTS];
      Arrays.fill(parameters, Type.SLONG_LONG);
      return CallContext.getCallContext(
          Type.SLONG_LONG, parameters, CallingConvention.DEFAULT, /* saveErrno= */ false);
    }
  }
}
