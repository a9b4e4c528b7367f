package io.jukung.image.install;

import java.util.function.LongSupplier;

/**
 * Collects garbage when the heap has grown. The index of a layer becomes old before it is garbage,
 * and the collector of a small JVM looks at old objects only when the heap has reached its limit.
 * Thread-safe.
 */
final class HeapGrowth {
  /**
   * A collection stops the process for about 40 ms, which is too long to do it for small layers.
   */
  static final long MAX_GROWN_BYTES = 2L << 20;

  private final LongSupplier heapBytes;
  private final Runnable collection;
  private long bytesAfterCollection;

  HeapGrowth() {
    this(Runtime.getRuntime()::totalMemory, System::gc);
  }

  HeapGrowth(LongSupplier heapBytes, Runnable collection) {
    this.heapBytes = heapBytes;
    this.collection = collection;
    this.bytesAfterCollection = heapBytes.getAsLong();
  }

  /**
   * Collects garbage if the heap has grown by more than {@link #MAX_GROWN_BYTES} since the last
   * collection. To be called when many objects have just become garbage.
   */
  synchronized void collectIfGrown() {
    if (heapBytes.getAsLong() - bytesAfterCollection > MAX_GROWN_BYTES) {
      collection.run();
      bytesAfterCollection = heapBytes.getAsLong();
    }
  }
}
