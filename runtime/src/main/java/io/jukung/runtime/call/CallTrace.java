package io.jukung.runtime.call;

import io.grpc.Context;
import org.jspecify.annotations.Nullable;

/** The trace of a call, which its steps are told. Thread-safe. */
public interface CallTrace {
  /** Where a call has its trace; nothing, if nobody traces the call. */
  Context.Key<CallTrace> KEY = Context.key("trace");

  /** The trace of the call that this thread works for; null if there is none. */
  static @Nullable CallTrace current() {
    return KEY.get();
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
