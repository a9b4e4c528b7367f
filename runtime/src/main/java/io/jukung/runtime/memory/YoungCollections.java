package io.jukung.runtime.memory;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.time.Duration;

/**
 * Tells when the JVM has collected young objects. The heap grows then and at no other time. Each
 * such collection clears a weak reference, so a daemon that rests is not woken. Not thread-safe.
 */
final class YoungCollections {
  private final ReferenceQueue<Object> cleared = new ReferenceQueue<>();

  /**
   * Waits for the next collection.
   *
   * @param patience at least a millisecond. A collection that falls into the beginning of this call
   *     can make the object old. The next ones are not noticed then, until the patience is over.
   * @return whether there was a collection
   */
  boolean await(Duration patience) throws InterruptedException {
    WeakReference<Object> young = new WeakReference<>(new Object(), cleared);
    try {
      return cleared.remove(patience.toMillis()) != null;
    } finally {
      Reference.reachabilityFence(young); // an unreachable reference is never put in its queue
    }
  }
}
