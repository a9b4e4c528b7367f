package io.jukung.runtime.service;

import java.time.Duration;

/** Waits for what other threads do. */
public final class Await {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Duration INTERVAL = Duration.ofMillis(2);

  private Await() {}

  /** Something that may not hold yet. */
  public interface Condition {
    boolean holds() throws Exception;
  }

  /**
   * Waits until the condition holds.
   *
   * @throws AssertionError after ten seconds
   */
  public static void until(String what, Condition condition) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("waited " + LIMIT.toSeconds() + " s for: " + what);
      }
      Thread.sleep(INTERVAL);
    }
  }
}
