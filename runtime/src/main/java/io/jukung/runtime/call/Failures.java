package io.jukung.runtime.call;

import java.io.IOException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Failures of work that ran on another thread. */
public final class Failures {
  private Failures() {}

  /** The exception that the work itself threw. */
  public static Throwable cause(ExecutionException wrapped) {
    Throwable cause = wrapped.getCause();
    return cause == null ? wrapped : cause;
  }

  /**
   * Throws the work's failure as it is, with the stack of the work's thread. A checked exception
   * other than an IOException is wrapped in one.
   *
   * @param what names the work, for the message of the wrapping exception
   * @return never; so that callers can write {@code throw rethrow(…)}
   */
  public static RuntimeException rethrow(String what, @Nullable Throwable failure)
      throws IOException {
    switch (failure) {
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case null, default -> throw new IOException(what + ": " + failure, failure);
    }
  }
}
