package io.jukung.runtime.server;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.function.LongSupplier;

/**
 * Collects garbage of a daemon that works, whenever its heap has grown. The collector of a small
 * JVM looks at old objects only when the heap has reached its limit. Under a load that goes on, as
 * under a flood of connections, objects become old before they are garbage, and the heap would take
 * all that it may. {@link IdleMemory} does the same, for less, when the daemon rests.
 *
 * <p>Calls do nothing for this. The heap grows only in a collection of young objects, and each such
 * collection clears a weak reference for which a thread waits. A daemon that rests is not woken.
 */
final class WorkingHeap {
  /** A collection stops the daemon for some 50 ms, which is worth it for so much memory. */
  static final long MAX_GROWN_BYTES = 32L << 20;

  /** Collections take at most a tenth of the time, however fast garbage is made. */
  static final int REST_PER_COLLECTION = 9;

  private final LongSupplier heapBytes;
  private final Runnable collection;
  private final LongSupplier nanoTime;
  private long leastBytes;
  private long notBefore;

  /**
   * @param heapBytes the size of the heap, garbage and free memory included
   * @param collection collects all garbage, and returns when that is done
   * @param nanoTime the clock, in nanoseconds since any moment
   */
  WorkingHeap(LongSupplier heapBytes, Runnable collection, LongSupplier nanoTime) {
    this.heapBytes = heapBytes;
    this.collection = collection;
    this.nanoTime = nanoTime;
    this.leastBytes = heapBytes.getAsLong();
    this.notBefore = nanoTime.getAsLong();
  }

  static Thread startInBackground() {
    WorkingHeap heap =
        new WorkingHeap(Runtime.getRuntime()::totalMemory, System::gc, System::nanoTime);
    return Thread.ofVirtual().name("working-heap").start(() -> afterEachCollection(heap::look));
  }

  /** Calls back after each collection of young objects, until the thread is interrupted. */
  static void afterEachCollection(Runnable action) {
    ReferenceQueue<Object> cleared = new ReferenceQueue<>();
    try {
      while (true) {
        WeakReference<Object> young = new WeakReference<>(new Object(), cleared);
        cleared.remove();
        Reference.reachabilityFence(young); // an unreachable reference is never put in its queue
        action.run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** To be called when the heap may have grown. */
  void look() {
    long now = heapBytes.getAsLong();
    leastBytes = Math.min(leastBytes, now); // somebody else has collected
    long start = nanoTime.getAsLong();
    if (now - leastBytes <= MAX_GROWN_BYTES || start - notBefore < 0) {
      return;
    }
    collection.run();
    leastBytes = heapBytes.getAsLong();
    long end = nanoTime.getAsLong();
    notBefore = end + REST_PER_COLLECTION * (end - start);
  }
}
