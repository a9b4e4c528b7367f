package io.jukung.runtime.network.cni;

import io.jukung.linux.io.Eventfd;
import io.jukung.runtime.call.Failures;
import io.jukung.runtime.call.NodeProgram;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs a chain of plugins on a platform thread of its own, because waiting for a process blocks in
 * the kernel and would hold one of the few carriers of virtual threads.
 */
public final class PluginThread {
  /** Each plugin has its own timeout, and a network has few plugins. */
  private static final Duration NO_LIMIT = Duration.ofDays(1);

  /** Work that passes the descriptor on to {@link NodeProgram#run}. */
  @FunctionalInterface
  public interface Work<T> {
    T run(Eventfd cancel) throws IOException;
  }

  private PluginThread() {}

  /** Runs the chain, see {@link #call(String, Duration, Work)}, for as long as it takes. */
  public static <T> T call(String name, Work<T> work) throws IOException {
    return call(name, NO_LIMIT, work);
  }

  /**
   * Runs the chain. An interrupt of the caller, or the end of the time limit, kills the plugin that
   * runs; this returns when that plugin is gone.
   *
   * @param limit for the whole chain
   * @throws InterruptedIOException after an interrupt, which stays set
   */
  public static <T> T call(String name, Duration limit, Work<T> work) throws IOException {
    try (Eventfd cancel = Eventfd.create()) {
      FutureTask<T> task = new FutureTask<>(() -> work.run(cancel));
      Thread.ofPlatform().daemon().name(name).start(task);
      long deadline = System.nanoTime() + limit.toNanos();
      boolean interrupted = false;
      boolean timedOut = false;
      try {
        while (true) {
          try {
            return timedOut
                ? task.get()
                : task.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
          } catch (InterruptedException e) {
            interrupted = true;
            cancel.signal();
          } catch (TimeoutException e) {
            timedOut = true;
            cancel.signal();
          }
        }
      } catch (ExecutionException e) {
        Throwable cause = Failures.cause(e);
        if (interrupted) {
          InterruptedIOException interruption =
              new InterruptedIOException(name + " was interrupted");
          interruption.initCause(cause);
          throw interruption;
        }
        if (timedOut && cause instanceof IOException) {
          throw new IOException(name + " was not done after " + limit.toMillis() + " ms", cause);
        }
        throw Failures.rethrow(name, cause);
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }
}
