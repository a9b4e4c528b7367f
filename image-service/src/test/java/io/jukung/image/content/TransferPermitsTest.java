package io.jukung.image.content;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TransferPermitsTest {
  private final TransferPermits permits = new TransferPermits(1);

  private CompletableFuture<TransferPermits.Permit> acquireInBackground() {
    CompletableFuture<TransferPermits.Permit> acquired = new CompletableFuture<>();
    Thread.startVirtualThread(
        () -> {
          try {
            acquired.complete(permits.acquire("a"));
          } catch (InterruptedException e) {
            acquired.completeExceptionally(e);
          }
        });
    return acquired;
  }

  @Test
  void higherLimitLetsATransferBeginThatWaits() throws Exception {
    try (TransferPermits.Permit _ = permits.acquire("a")) {
      CompletableFuture<TransferPermits.Permit> second = acquireInBackground();

      permits.limit(2);

      second.get(30, TimeUnit.SECONDS).close();
    }
  }

  @Test
  void lowerLimitHoldsAsSoonAsTransfersEnd() throws Exception {
    permits.limit(2);
    TransferPermits.Permit first = permits.acquire("a");
    TransferPermits.Permit second = permits.acquire("a");
    permits.limit(1);

    first.close();
    CompletableFuture<TransferPermits.Permit> third = acquireInBackground();

    assertThat(third).isNotDone();
    second.close();
    third.get(30, TimeUnit.SECONDS).close();
  }
}
