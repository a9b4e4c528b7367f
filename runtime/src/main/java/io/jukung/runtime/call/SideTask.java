package io.jukung.runtime.call;

import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A part of a call that runs on a virtual thread of its own while the call goes on with other
 * steps. The call waits for the part before it depends on the part's result. An interrupt of the
 * call does not end that wait: the part itself has to be bounded in time.
 *
 * @param <T> the result
 */
public final class SideTask<T> {
  private final String what;
  private final FutureTask<T> task;

  private SideTask(String what, Callable<T> work) {
    this.what = what;
    this.task = new FutureTask<>(work);
  }

  /**
   * Starts the work.
   *
   * @param what names the work, for the thread and for the message of a failure
   * @param work does not return null
   */
  public static <T> SideTask<T> start(String what, Callable<T> work) {
    SideTask<T> started = new SideTask<>(what, work);
    Thread.ofVirtual().name(what).start(started.task);
    return started;
  }

  /** Starts work that has no result. */
  public static SideTask<Boolean> start(String what, Step work) {
    return start(
        what,
        () -> {
          work.run();
          return true;
        });
  }

  /**
   * Waits until the work has ended. Several threads may do this, several times.
   *
   * @return the result
   * @throws IOException as the work threw it, like a RuntimeException or an Error; any other
   *     exception of the work is its cause
   */
  public T join() throws IOException {
    try {
      return Objects.requireNonNull(Uninterruptibles.getUninterruptibly(task), what);
    } catch (ExecutionException e) {
      throw Failures.rethrow(what, Failures.cause(e));
    }
  }

  /** Work without a result. */
  public interface Step {
    /** Does the work. */
    void run() throws Exception;
  }
}
