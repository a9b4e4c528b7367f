package io.jukung.runtime.call;

import org.jspecify.annotations.Nullable;

/** The trace of a call, which its steps are told. Thread-safe. */
public interface CallTrace {
  /** The trace of the call that this thread works for; null if nobody traces the call. */
  static @Nullable CallTrace current() {
    return CurrentTrace.THREADS.get();
  }

  /** Works for the call on this thread: {@link #current} is this trace until the work is done. */
  default void during(Runnable work) {
    CallTrace before = current();
    CurrentTrace.THREADS.set(this);
    try {
      work.run();
    } finally {
      if (before == null) {
        CurrentTrace.THREADS.remove();
      } else {
        CurrentTrace.THREADS.set(before);
      }
    }
  }

  /** The trace's id, as lines of the log have it. */
  String id();

  /**
   * A step of the call has ended.
   *
   * @param subject the id of a pod or container, or the name of an image
   * @param startNanos as {@link System#nanoTime}
   * @param failed whether the step has failed
   */
  void step(String name, String subject, long startNanos, long endNanos, boolean failed);
}
