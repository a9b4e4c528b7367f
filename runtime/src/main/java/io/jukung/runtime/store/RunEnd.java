package io.jukung.runtime.store;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The end of a container's present run, and of what the last run has left behind. Thread-safe.
 * Changes come one after the other.
 */
final class RunEnd {
  private volatile CompletableFuture<Void> exited = new CompletableFuture<>();
  private volatile CompletableFuture<Void> cleanedUp = CompletableFuture.completedFuture(null);

  /** The run has ended. */
  void complete() {
    exited.complete(null);
  }

  /** Another run is going to begin. */
  void renew() {
    exited = new CompletableFuture<>();
  }

  /** Completes with the end of the run. Callers may complete the future without effect. */
  CompletableFuture<Void> future() {
    return exited.copy();
  }

  boolean await(Duration wait) throws InterruptedException {
    return await(exited, wait);
  }

  CompletableFuture<Void> beginCleanUp() {
    CompletableFuture<Void> begun = new CompletableFuture<>();
    cleanedUp = begun;
    return begun;
  }

  boolean awaitCleanUp(Duration wait) throws InterruptedException {
    return await(cleanedUp, wait);
  }

  private static boolean await(CompletableFuture<Void> future, Duration wait)
      throws InterruptedException {
    try {
      future.get(wait.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // never completed exceptionally
    }
  }
}
