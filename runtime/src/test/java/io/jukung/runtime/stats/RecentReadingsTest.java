package io.jukung.runtime.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RecentReadingsTest {
  private static final Object RUNNING = new Object();

  private final AtomicLong now = new AtomicLong();
  private final RecentReadings<Integer> readings = new RecentReadings<>(now::get);
  private final AtomicInteger count = new AtomicInteger();

  private int read(String id, Object state) throws IOException {
    return readings.of(id, state, count::incrementAndGet);
  }

  @Test
  void callersWithinATenthOfASecondShareAReading() throws IOException {
    assertThat(read("a", RUNNING)).isEqualTo(1);
    now.addAndGet(TimeUnit.MILLISECONDS.toNanos(99));
    assertThat(read("a", RUNNING)).isEqualTo(1);
    assertThat(read("b", RUNNING)).isEqualTo(2);
    now.addAndGet(TimeUnit.MILLISECONDS.toNanos(1));
    assertThat(read("a", RUNNING)).isEqualTo(3);
  }

  @Test
  void changeOfStateMakesANewReading() throws IOException {
    read("a", RUNNING);
    assertThat(read("a", new Object())).isEqualTo(2);
  }

  @Test
  void failedReadingIsNotShared() throws IOException {
    assertThatThrownBy(
            () ->
                readings.of(
                    "a",
                    RUNNING,
                    () -> {
                      throw new IOException("gone");
                    }))
        .isInstanceOf(IOException.class);
    assertThat(read("a", RUNNING)).isEqualTo(1);
  }

  @Test
  void forgottenObjectIsReadAgain() throws IOException {
    read("a", RUNNING);
    readings.retain(Set.of("b"));
    assertThat(read("a", RUNNING)).isEqualTo(2);
  }

  @Test
  void callersThatComeDuringAReadingWaitForIt() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    List<CompletableFuture<Integer>> callers = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      callers.add(
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return readings.of(
                      "a",
                      RUNNING,
                      () -> {
                        begun.countDown();
                        await(release);
                        return count.incrementAndGet();
                      });
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              },
              task -> Thread.ofVirtual().start(task)));
    }
    await(begun);
    release.countDown();
    for (CompletableFuture<Integer> each : callers) {
      assertThat(each.get(10, TimeUnit.SECONDS)).isEqualTo(1);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
