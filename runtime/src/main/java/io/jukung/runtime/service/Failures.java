package io.jukung.runtime.service;

import java.util.concurrent.ExecutionException;

/** What went wrong in another thread. */
final class Failures {
  private Failures() {}

  /** The failure itself. */
  static Throwable cause(ExecutionException wrapped) {
    Throwable cause = wrapped.getCause();
    return cause == null ? wrapped : cause;
  }
}
