package io.jukung.runtime.call;

import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Undoes what a failed use case has acquired: if {@link #close} is called without {@link #commit},
 * all registered steps run, the last registered one first. Every step runs whatever the others do.
 * Each one has a platform thread of its own and a time limit, so that neither an interrupt of the
 * caller nor a step that hangs keeps the others from running. A step that hangs in the kernel on a
 * virtual thread would hold one of the few carrier threads for ever. The steps' failures become one
 * {@link RollbackException}, which a try-with-resources statement adds to the failure of the use
 * case.
 *
 * <p>Not thread-safe.
 */
public final class Rollback implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Rollback.class);

  /** CNI plugins have their own, shorter limit. A step that takes longer than this hangs. */
  private static final Duration STEP_LIMIT = Duration.ofMinutes(2);

  private final String name;
  private final Duration stepLimit;
  private final ThreadFactory threads;
  private final Deque<Step> steps = new ArrayDeque<>();
  private final List<IOException> failures = new ArrayList<>();
  private Consumer<String> follower = _ -> {};
  private boolean committed;

  Rollback(String name, Duration stepLimit, ThreadFactory threads) {
    this.name = name;
    this.stepLimit = stepLimit;
    this.threads = threads;
  }

  /**
   * A rollback without any steps.
   *
   * @param useCase the name of the use case, for threads, the log and error messages
   * @param id the object that the use case is about
   */
  public static Rollback named(String useCase, String id) {
    return new Rollback(useCase + " " + id, STEP_LIMIT, Thread.ofPlatform().daemon().factory());
  }

  /** Undoes one acquisition. Must be idempotent: there may be nothing, or no longer anything. */
  @FunctionalInterface
  public interface Undo {
    void run() throws Exception;
  }

  /** Some steps failed: what they should have removed may still exist. */
  public static final class RollbackException extends IOException {
    private static final long serialVersionUID = 1L;

    RollbackException(String name, List<IOException> failures) {
      super("rollback of " + name + " is incomplete");
      failures.forEach(this::addSuppressed);
    }
  }

  private record Step(String what, Undo undo) {}

  /**
   * Registers how to undo what the caller acquires next.
   *
   * @param what a verb and its object, for the log and error messages
   */
  public void undo(String what, Undo undo) {
    steps.push(new Step(what, undo));
  }

  /**
   * Has the follower told of each step that is undone.
   *
   * @param told receives "undo: " and the name of the step
   */
  public void follow(Consumer<String> told) {
    follower = told;
  }

  /**
   * Whether none of the steps that have run so far has failed. A step can ask, if it must not run
   * after another one failed.
   */
  public boolean isClean() {
    return failures.isEmpty();
  }

  /** Keeps everything: {@link #close} will not undo anything. */
  public void commit() {
    committed = true;
  }

  @Override
  public void close() throws RollbackException {
    if (committed) {
      return;
    }
    while (!steps.isEmpty()) {
      run(steps.pop());
    }
    if (!isClean()) {
      throw new RollbackException(name, failures);
    }
  }

  private void run(Step step) {
    LOG.debug("{}: undo: {}", name, step.what);
    follower.accept("undo: " + step.what);
    Callable<Boolean> work =
        () -> {
          step.undo.run();
          return true;
        };
    FutureTask<Boolean> task = new FutureTask<>(work);
    try {
      Thread thread = threads.newThread(task);
      thread.setName("undo: " + step.what);
      thread.start();
    } catch (RuntimeException | Error e) { // no memory for a thread: the other steps must still run
      failures.add(new IOException(step.what + ": " + e, e));
      return;
    }
    try {
      // The client may have given up, but what the use case acquired must still go.
      Uninterruptibles.getUninterruptibly(task, stepLimit);
    } catch (ExecutionException e) {
      failures.add(new IOException(step.what + ": " + e.getCause(), e.getCause()));
    } catch (TimeoutException e) {
      task.cancel(true);
      failures.add(
          new IOException(step.what + ": not done after " + stepLimit.toSeconds() + " s", e));
    }
  }
}
