package io.jukung.runtime.call;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class NamedLocksTest {
  private final NamedLocks locks = new NamedLocks();
  private int unguarded;

  @Test
  void oneThreadAtATimeHoldsTheLockOfAName() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> workers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        workers.add(
            threads.submit(
                () -> {
                  for (int round = 0; round < 1_000; round++) {
                    try (NamedLocks.Held _ = locks.acquire("a")) {
                      unguarded++;
                    }
                  }
                }));
      }
      for (Future<?> worker : workers) {
        worker.get(30, TimeUnit.SECONDS);
      }
    }
    assertThat(unguarded).isEqualTo(8_000);
    assertThat(locks.size()).isZero();
  }

  @Test
  void anotherNameHasAnotherLock() throws Exception {
    try (NamedLocks.Held _ = locks.acquire("a");
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      threads.submit(() -> locks.acquire("b").close()).get(30, TimeUnit.SECONDS);
      assertThat(locks.size()).isEqualTo(1);
    }
    assertThat(locks.size()).isZero();
  }
}
