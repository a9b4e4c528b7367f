package io.jukung.linux.libc;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.Library;
import com.kenai.jffi.Type;
import java.util.Optional;

/** A library of this machine that need not be there. It stays loaded. */
public final class SharedLibrary {
  private static final Invoker INVOKER = Invoker.getInstance();
  private static final CallContext POINTER_TO_INT =
      CallContext.getCallContext(
          Type.SINT, new Type[] {Type.POINTER}, CallingConvention.DEFAULT, /* saveErrno= */ false);

  private final Library library;

  private SharedLibrary(Library library) {
    this.library = library;
  }

  /**
   * Looks for it as dlopen(3) does.
   *
   * @param name with its version, which stands for its binary interface: {@code libx.so.2}
   */
  public static Optional<SharedLibrary> find(String name) {
    return Optional.ofNullable(Library.openLibrary(name, Library.NOW | Library.LOCAL))
        .map(SharedLibrary::new);
  }

  /** A function of one pointer; empty where the library has no such name. */
  public Optional<PointerFunction> function(String name) {
    long address = library.getSymbolAddress(name);
    return address == 0
        ? Optional.empty()
        : Optional.of(argument -> (int) INVOKER.invokeN1(POINTER_TO_INT, address, argument));
  }

  /** {@code int f(void *)}; for one that returns nothing the result says nothing. */
  @FunctionalInterface
  public interface PointerFunction {
    int call(long address);
  }
}
