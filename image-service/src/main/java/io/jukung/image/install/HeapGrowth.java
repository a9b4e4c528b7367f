package io.jukung.image.install;

import java.util.function.LongSupplier;

/**
 * Keeps what layers leave behind from staying on the heap: the collector of a small JVM looks at
 * old objects only when the heap has reached its limit, and every layer's index gets old before it
 * is done with. Thread-safe.
 */
final class HeapGrowth {
  /** A collection stops the process for some 40 ms: not for small layers. */
  static final long MAX_GROWN_BYTES = 2L << 20;

  private final LongSupplier heapBytes;
  private final Runnable collection;
  private long settledBytes;

  HeapGrowth() {
    this(Runtime.getRuntime()::totalMemory, System::gc);
  }

  HeapGrowth(LongSupplier heapBytes, Runnable collection) {
    this.heapBytes = heapBytes;
    this.collection = collection;
    this.settledBytes = heapBytes.getAsLong();
  }

  /** To be called where much has just become garbage. */
  synchronized void settle() {
    if (heapBytes.getAsLong() - settledBytes > MAX_GROWN_BYTES) {
      collection.run();
      settledBytes = heapBytes.getAsLong();
    }
  }
}
