package io.jukung.image.install;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeapGrowthTest {
  private static final long MIB = 1L << 20;

  private long heapBytes = 20 * MIB;
  private int collections;
  private final HeapGrowth heap = new HeapGrowth(() -> heapBytes, () -> collections++);

  @Test
  void aHeapThatGrowsLittleIsLeftAlone() {
    heapBytes += HeapGrowth.MAX_GROWN_BYTES;
    heap.settle();
    heap.settle();
    assertThat(collections).isZero();
  }

  @Test
  void aHeapThatHasGrownIsCollectedOnce() {
    heapBytes += HeapGrowth.MAX_GROWN_BYTES + 1;
    heap.settle();
    heap.settle();
    assertThat(collections).isEqualTo(1);
  }

  @Test
  void growthIsMeasuredFromWhatACollectionLeaves() {
    HeapGrowth shrinking =
        new HeapGrowth(
            () -> heapBytes,
            () -> {
              collections++;
              heapBytes = 30 * MIB;
            });
    heapBytes = 60 * MIB;
    shrinking.settle();
    heapBytes = 30 * MIB + HeapGrowth.MAX_GROWN_BYTES;
    shrinking.settle();
    assertThat(collections).isEqualTo(1);
    heapBytes += 1;
    shrinking.settle();
    assertThat(collections).isEqualTo(2);
  }
}
