package io.jukung.runtime.call;

import java.util.concurrent.ThreadFactory;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads without which the daemon cannot do its work. When one of them fails, whatever the failure
 * is, the process ends at once. Pods run on in processes of their own, systemd starts the daemon
 * again, and the new daemon recovers the pods. A daemon that lived on would still answer calls, but
 * would never learn that a container has exited.
 */
public final class VitalThread {
  private static final Logger LOG = LoggerFactory.getLogger(VitalThread.class);

  /** EX_SOFTWARE of sysexits(3). */
  private static final int EXIT_STATUS = 70;

  private VitalThread() {}

  /** What the thread does. A normal return is not a failure. */
  @FunctionalInterface
  public interface Body {
    void run() throws Exception;
  }

  /** A platform thread, not started yet, whose failure ends the process. */
  public static Thread unstarted(String name, Body body) {
    return unstarted(name, body, VitalThread::endProcess);
  }

  /**
   * A platform thread, not started yet.
   *
   * @param onFailure runs on the thread that has failed
   */
  public static Thread unstarted(String name, Body body, Runnable onFailure) {
    return Thread.ofPlatform().daemon().name(name).unstarted(() -> run(name, body, onFailure));
  }

  /**
   * Threads for a pool that must not lose one: the process ends when a thread of the pool ends,
   * with or without an exception, before the pool is closed.
   *
   * @param threads makes the threads
   * @param isClosed tells whether the pool has been closed
   */
  public static ThreadFactory factory(ThreadFactory threads, BooleanSupplier isClosed) {
    return factory(threads, isClosed, VitalThread::endProcess);
  }

  static ThreadFactory factory(
      ThreadFactory threads, BooleanSupplier isClosed, Runnable onFailure) {
    return work ->
        threads.newThread(
            () ->
                run(
                    Thread.currentThread().getName(),
                    () -> {
                      work.run();
                      if (!isClosed.getAsBoolean()) {
                        throw new IllegalStateException("the thread ended before its pool");
                      }
                    },
                    onFailure));
  }

  private static void run(String name, Body body, Runnable onFailure) {
    try {
      body.run();
    } catch (Throwable e) { // an Error too: an OutOfMemoryError most of all
      try {
        LOG.error("thread {} failed, so the daemon ends; pods run on", name, e);
      } finally {
        onFailure.run();
      }
    }
  }

  /** Ends the process without its shutdown hooks, which might wait for what has just failed. */
  public static void endProcess() {
    Runtime.getRuntime().halt(EXIT_STATUS);
  }
}
