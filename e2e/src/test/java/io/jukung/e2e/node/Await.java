package io.jukung.e2e.node;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** Waits until a condition holds, for a bounded time. */
public final class Await {
  public static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final long POLL_MILLIS = 20;

  private Await() {}

  public static void until(String what, Callable<Boolean> condition) throws Exception {
    until(what, PATIENCE, condition);
  }

  public static void until(String what, Duration bound, Callable<Boolean> condition)
      throws Exception {
    long deadline = System.nanoTime() + bound.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("after " + bound.toSeconds() + " s still not so: " + what);
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
  }
}
