package io.jukung.runtime.network.cni;

import io.jukung.linux.io.Eventfd;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Runs a chain of plugins on a platform thread of its own, because waiting for a process blocks in
 * the kernel and would hold one of the few carriers of virtual threads. An interrupt of the caller
 * kills the plugin that runs; the caller returns when that is over.
 */
public final class PluginThread {
  /** Work that passes the descriptor on to {@link PluginProcess#run}. */
  @FunctionalInterface
  public interface Work<T> {
    T run(Eventfd cancel) throws IOException;
  }

  private PluginThread() {}

  public static <T> T call(String name, Work<T> work) throws IOException {
    try (Eventfd cancel = Eventfd.create()) {
      FutureTask<T> task = new FutureTask<>(() -> work.run(cancel));
      Thread.ofPlatform().daemon().name(name).start(task);
      boolean interrupted = false;
      while (true) {
        try {
          T result = task.get();
          if (interrupted) {
            Thread.currentThread().interrupt();
          }
          return result;
        } catch (InterruptedException e) {
          interrupted = true;
          cancel.signal();
        } catch (ExecutionException e) {
          throw failure(name, e, interrupted);
        }
      }
    }
  }

  private static IOException failure(String name, ExecutionException e, boolean interrupted) {
    if (interrupted) {
      Thread.currentThread().interrupt();
      InterruptedIOException interruption = new InterruptedIOException(name + " was interrupted");
      interruption.initCause(e.getCause());
      return interruption;
    }
    return switch (e.getCause()) {
      case IOException cause -> cause;
      case RuntimeException cause -> throw cause;
      case Error cause -> throw cause;
      case null, default -> new IOException(name + " failed", e);
    };
  }
}
