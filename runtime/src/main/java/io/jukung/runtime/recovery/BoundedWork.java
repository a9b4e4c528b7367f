package io.jukung.runtime.recovery;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Work on many objects at once: one that fails or hangs keeps none of the others. */
final class BoundedWork {
  private static final Logger LOG = LoggerFactory.getLogger(BoundedWork.class);

  private BoundedWork() {}

  /** Work on one object. */
  interface Step {
    void run() throws Exception;

    /** Called if the step is not over in time. It is not interrupted. */
    default void giveUp() {}
  }

  /**
   * A step and its name.
   *
   * @param what a verb and its object, for the log
   */
  record Work(String what, Step step) {}

  /** Runs all steps at once, and waits for them for a bounded time. Failures are logged. */
  static void run(List<Work> work, Duration limit) throws InterruptedException {
    List<FutureTask<Boolean>> tasks = new ArrayList<>();
    for (Work each : work) {
      Callable<Boolean> callable =
          () -> {
            each.step().run();
            return true;
          };
      FutureTask<Boolean> task = new FutureTask<>(callable);
      tasks.add(task);
      Thread.ofVirtual().name(each.what()).start(task);
    }
    long deadline = System.nanoTime() + limit.toNanos();
    for (int i = 0; i < tasks.size(); i++) {
      await(work.get(i), tasks.get(i), deadline, limit);
    }
  }

  private static void await(Work work, FutureTask<Boolean> task, long deadline, Duration limit)
      throws InterruptedException {
    try {
      task.get(Math.max(deadline - System.nanoTime(), 0), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      LOG.error("{}: {}", work.what(), String.valueOf(e.getCause()));
    } catch (TimeoutException e) {
      work.step().giveUp();
      LOG.error("{}: not done within {} ms, which goes on", work.what(), limit.toMillis());
    }
  }
}
