package io.jukung.runtime.call;

/** Which trace each thread works for. */
final class CurrentTrace {
  static final ThreadLocal<CallTrace> THREADS = new ThreadLocal<>();

  private CurrentTrace() {}
}
