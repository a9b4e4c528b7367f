package io.jukung.runtime.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WorkingHeapTest {
  private static final long MIB = 1L << 20;
  private static final long COLLECTION_NANOS = 50_000_000;

  private long heap = 20 * MIB;
  private long afterCollection = 20 * MIB;
  private long now;
  private int collections;
  private final WorkingHeap watched = new WorkingHeap(() -> heap, this::collect, () -> now);

  private void collect() {
    collections++;
    heap = afterCollection;
    now += COLLECTION_NANOS;
  }

  @Test
  void collectsOnceTheHeapHasGrownByMoreThanItsBound() {
    heap += WorkingHeap.MAX_GROWN_BYTES;
    watched.look();
    assertThat(collections).isZero();
    heap += 1;
    watched.look();
    assertThat(collections).isEqualTo(1);
    watched.look();
    assertThat(collections).isEqualTo(1);
  }

  @Test
  void measuresGrowthFromWhatWasLeftByTheLastCollectionWhoeverMadeIt() {
    heap = 10 * MIB; // collected by IdleMemory
    watched.look();
    heap += WorkingHeap.MAX_GROWN_BYTES + 1;
    afterCollection = 70 * MIB; // live
    watched.look();
    assertThat(collections).isEqualTo(1);
    now += COLLECTION_NANOS * WorkingHeap.REST_PER_COLLECTION;
    heap = afterCollection + WorkingHeap.MAX_GROWN_BYTES;
    watched.look();
    assertThat(collections).isEqualTo(1);
    heap += 1;
    watched.look();
    assertThat(collections).isEqualTo(2);
  }

  @Test
  void collectsForATenthOfTheTimeAtMost() {
    for (int i = 0; i < 1000; i++) {
      heap = afterCollection + 2 * WorkingHeap.MAX_GROWN_BYTES;
      watched.look();
      now += COLLECTION_NANOS / 10;
    }
    assertThat(collections).isGreaterThan(1);
    assertThat(collections * COLLECTION_NANOS).isLessThanOrEqualTo(now / 10 + COLLECTION_NANOS);
  }
}
