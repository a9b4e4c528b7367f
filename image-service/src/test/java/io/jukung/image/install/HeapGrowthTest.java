package io.jukung.image.install;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeapGrowthTest {
  private static final long MIB = 1L << 20;

  private long heapBytes = 20 * MIB;
  private int collections;
  private final HeapGrowth heap = new HeapGrowth(() -> heapBytes, () -> collections++);

  @Test
  void doesNotCollectUntilTheHeapHasGrownByMoreThanTwoMebibytes() {
    heapBytes += HeapGrowth.MAX_GROWN_BYTES;
    heap.collectIfGrown();
    heap.collectIfGrown();
    assertThat(collections).isZero();
  }

  @Test
  void collectsOnceAfterTheHeapHasGrown() {
    heapBytes += HeapGrowth.MAX_GROWN_BYTES + 1;
    heap.collectIfGrown();
    heap.collectIfGrown();
    assertThat(collections).isEqualTo(1);
  }

  @Test
  void measuresGrowthFromTheHeapSizeAfterTheLastCollection() {
    HeapGrowth shrinking =
        new HeapGrowth(
            () -> heapBytes,
            () -> {
              collections++;
              heapBytes = 30 * MIB;
            });
    heapBytes = 60 * MIB;
    shrinking.collectIfGrown();
    heapBytes = 30 * MIB + HeapGrowth.MAX_GROWN_BYTES;
    shrinking.collectIfGrown();
    assertThat(collections).isEqualTo(1);
    heapBytes += 1;
    shrinking.collectIfGrown();
    assertThat(collections).isEqualTo(2);
  }
}
