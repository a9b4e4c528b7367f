package io.jukung.runtime.shim;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Bounds how many sleeping shims a daemon that has just started wakes at once: each starts a JVM,
 * and too many at once all take too long. A turn that does not come in time is taken all the same,
 * so that a shim that hangs delays the others by a bounded time.
 */
final class Wakes {
  private static final Semaphore TURNS =
      new Semaphore(2 * Runtime.getRuntime().availableProcessors());

  private static final Duration WAIT = Duration.ofMillis(500);

  private Wakes() {}

  /** A turn, which {@link #close} ends. */
  record Turn(boolean counted) implements AutoCloseable {
    @Override
    public void close() {
      if (counted) {
        TURNS.release();
      }
    }
  }

  /** Waits for a turn. */
  static Turn begin() {
    try {
      return new Turn(TURNS.tryAcquire(WAIT.toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the call after this fails for the same reason
      return new Turn(false);
    }
  }
}
