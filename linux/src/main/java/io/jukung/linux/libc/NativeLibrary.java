package io.jukung.linux.libc;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.Library;
import com.kenai.jffi.Type;
import java.util.Arrays;
import java.util.Optional;

/**
 * A C library other than libc, which may be missing on the machine. It is loaded at the first use
 * and never unloaded. Thread-safe if the library is.
 */
public final class NativeLibrary {
  private static final int MAX_ARGUMENTS = 6;

  private final String name;
  private final Library library;

  private NativeLibrary(String name, Library library) {
    this.name = name;
    this.library = library;
  }

  /**
   * Loads the library of this file name; empty if ld.so(8) does not find it. The name should have a
   * version, which stands for the binary interface: {@code libx.so.2}.
   */
  public static Optional<NativeLibrary> load(String name) {
    Library library = Library.getCachedInstance(name, Library.LAZY | Library.LOCAL);
    return library == null ? Optional.empty() : Optional.of(new NativeLibrary(name, library));
  }

  /**
   * Returns a function of the library.
   *
   * @throws UnsatisfiedLinkError if the library has no such symbol
   */
  public Function function(String symbol) {
    long address = library.getSymbolAddress(symbol);
    if (address == 0) {
      throw new UnsatisfiedLinkError(name + " has no " + symbol);
    }
    return new Function(address);
  }

  /**
   * A C function whose parameters are integers and pointers, which both architectures pass in
   * registers.
   */
  public static final class Function {
    private static final Invoker INVOKER = Invoker.getInstance();
    private static final CallContext CONTEXT = context();

    private final long address;

    private Function(long address) {
      this.address = address;
    }

    /** Calls the function. Registers beyond its parameters are set to 0, which has no effect. */
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
