package io.jukung.runtime.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class YoungCollectionsTest {
  private final YoungCollections collections = new YoungCollections();

  @Test
  void collectionEndsTheWait() throws Exception {
    CompletableFuture<Boolean> collected = new CompletableFuture<>();
    Thread waiting =
        Thread.startVirtualThread(
            () -> {
              try {
                while (!collections.await(Duration.ofMillis(200))) {
                  assertThat(collected).isNotDone();
                }
                collected.complete(true);
              } catch (InterruptedException e) {
                collected.completeExceptionally(e);
              }
            });
    while (!collected.isDone()) {
      assertThat(new byte[1 << 20]).hasSize(1 << 20); // garbage
    }
    assertThat(collected.get()).isTrue();
    waiting.join();
  }

  @Test
  void waitEndsWithoutACollectionWhenThePatienceIsOver() throws Exception {
    int attempts = 0;
    while (collections.await(Duration.ofMillis(1))) {
      attempts++; // other threads of this JVM made garbage
      assertThat(attempts).isLessThan(1_000);
    }
  }
}
