package io.jukung.runtime.call;

import java.util.concurrent.ExecutionException;

/** What went wrong in another thread. */
public final class Failures {
  private Failures() {}

  /** The failure itself. */
  public static Throwable cause(ExecutionException wrapped) {
    Throwable cause = wrapped.getCause();
    return cause == null ? wrapped : cause;
  }
}
