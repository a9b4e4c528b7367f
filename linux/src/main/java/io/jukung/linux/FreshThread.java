package io.jukung.linux;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Runs work that changes the kernel's state of its thread (unshare(2), setns(2), the current
 * directory) on a new platform thread, which ends with the work, so that no other work inherits the
 * state.
 *
 * <p>A thread that is started from such a thread inherits the state for ever. Therefore the work
 * must not start threads or use pools. It must not wake virtual threads either (by logging, locks
 * or futures), because that may start a carrier thread.
 */
public final class FreshThread {
  /** Work with a result. */
  @FunctionalInterface
  public interface Work<T> {
    T run() throws IOException;
  }

  /** Work without a result. */
  @FunctionalInterface
  public interface Action {
    void run() throws IOException;
  }

  private FreshThread() {}

  /**
   * Runs the work and waits for its end. An interrupt does not end the wait, because nobody would
   * own the result; the interrupt flag is set again when this method returns. The work must
   * therefore be bounded in time.
   */
  public static <T> T call(String name, Work<T> work) throws IOException {
    AtomicReference<@Nullable Outcome<T>> outcome = new AtomicReference<>();
    Thread thread =
        Thread.ofPlatform().name(name).daemon().unstarted(() -> outcome.set(Outcome.of(work)));
    thread.start();
    joinUninterruptibly(thread);
    Outcome<T> result = outcome.get();
    if (result == null) {
      throw new IllegalStateException("thread " + name + " ended without an outcome");
    }
    return result.get();
  }

  public static void run(String name, Action action) throws IOException {
    call(
        name,
        () -> {
          action.run();
          return true;
        });
  }

  /**
   * Waits until a thread has ended. An interrupt does not end the wait; the interrupt flag is set
   * again when this method returns.
   */
  public static void joinUninterruptibly(Thread thread) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          thread.join();
          return;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private sealed interface Outcome<T> {
    static <T> Outcome<T> of(Work<T> work) {
      try {
        return new Value<>(work.run());
      } catch (IOException | RuntimeException | Error e) {
        return new Failure<>(e);
      }
    }

    T get() throws IOException;
  }

  private record Value<T>(T value) implements Outcome<T> {
    @Override
    public T get() {
      return value;
    }
  }

  private record Failure<T>(Throwable cause) implements Outcome<T> {
    @Override
    public T get() throws IOException {
      switch (cause) {
        case IOException e -> throw e;
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        default -> throw new IllegalStateException("a checked exception of another kind", cause);
      }
    }
  }
}
