package io.jukung.runtime.recovery;

import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxStore;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes up each pod of an earlier daemon on a thread of its own, while the daemon serves. A pod
 * whose shim does not answer is tried again for as long as the pod is there. Calls that need the
 * shim wait for it, and fail at once when it has been silent for some time.
 */
final class TakeUps {
  private static final Logger LOG = LoggerFactory.getLogger(TakeUps.class);

  /** The pause before a silent shim is asked again. Each question waits some seconds by itself. */
  private static final Duration ASK_AGAIN = Duration.ofSeconds(1);

  private final SandboxStore sandboxes;
  private final PodShims shims;
  private final SandboxReconciler reconciler;
  private final Set<String> unread;
  private final Duration silence;
  private volatile boolean closed;

  /**
   * Makes take-ups of which none has begun.
   *
   * @param unread the ids of objects that are not read yet; changes while they arrive
   * @param silence how long a shim may not answer before calls that need it fail at once
   */
  TakeUps(
      SandboxStore sandboxes,
      PodShims shims,
      SandboxReconciler reconciler,
      Set<String> unread,
      Duration silence) {
    this.sandboxes = sandboxes;
    this.shims = shims;
    this.reconciler = reconciler;
    this.unread = unread;
    this.silence = silence;
  }

  /**
   * Begins to take up a sandbox that is in the store.
   *
   * @return completes when the first attempt is over, also if it has failed
   */
  CompletableFuture<Void> start(Sandbox sandbox) {
    CompletableFuture<Void> firstAttempt = new CompletableFuture<>();
    shims.expect(sandbox.id());
    Thread.ofVirtual()
        .name("take up sandbox " + sandbox.id())
        .start(
            () -> {
              try {
                run(sandbox, firstAttempt);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } finally {
                shims.takenUp(sandbox.id());
                firstAttempt.complete(null);
              }
            });
    return firstAttempt;
  }

  /** Ends all attempts soon. */
  void close() {
    closed = true;
  }

  private void run(Sandbox sandbox, CompletableFuture<Void> firstAttempt)
      throws InterruptedException {
    long silentAt = System.nanoTime() + silence.toNanos();
    String told = "";
    while (!closed && isThere(sandbox)) {
      try {
        reconciler.takeUp(sandbox, unread);
        if (!told.isEmpty()) {
          LOG.info("sandbox {} is taken up now", sandbox.id());
        }
        return;
      } catch (IOException | RuntimeException e) {
        String why = String.valueOf(e.getMessage());
        if (!why.equals(told)) {
          LOG.warn("sandbox {} cannot be taken up yet: {}", sandbox.id(), why);
          told = why;
        }
      }
      if (System.nanoTime() - silentAt >= 0) {
        shims.silent(sandbox.id(), "sandbox " + sandbox.id() + " cannot be taken up yet: " + told);
      }
      firstAttempt.complete(null);
      Thread.sleep(ASK_AGAIN);
    }
  }

  private boolean isThere(Sandbox sandbox) {
    return sandboxes.find(sandbox.id()).filter(each -> each == sandbox).isPresent();
  }
}
