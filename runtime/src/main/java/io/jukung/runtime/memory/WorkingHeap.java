package io.jukung.runtime.memory;

import java.util.function.LongSupplier;

/**
 * Collects garbage of a daemon that works, whenever its heap has grown. The collector of a small
 * JVM looks at old objects only when the heap has reached its limit. Under a load that goes on, as
 * under a flood of connections, objects become old before they are garbage, and the heap would take
 * all that it may. {@link IdleMemory} does the same, for less, when the daemon rests.
 *
 * <p>Calls do nothing for this: {@link YoungCollections} tells when the heap may have grown. Not
 * thread-safe.
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

  static WorkingHeap ofThisProcess() {
    return new WorkingHeap(Runtime.getRuntime()::totalMemory, System::gc, System::nanoTime);
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
