package io.jukung.runtime.call;

import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way back out of a use case that acquires one thing after another: on {@link #close} without
 * {@link #commit}, everything registered is undone, last first. All steps run, whatever fails; each
 * in a thread of its own and for a bounded time, so that neither an interrupted caller nor a step
 * that hangs leaves the others undone. Failures become one {@link RollbackException}, which a
 * try-with-resources adds to the failure that led here.
 *
 * <p>For one thread.
 */
public final class Rollback implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Rollback.class);

  /** CNI plugins get their own, shorter time; beyond this a step is taken to hang. */
  private static final Duration STEP_LIMIT = Duration.ofMinutes(2);

  private final String name;
  private final Deque<Step> steps = new ArrayDeque<>();
  private final RollbackException failures;
  private boolean committed;

  private Rollback(String name) {
    this.name = name;
    this.failures = new RollbackException(name);
  }

  /** For the use case on the object with that id. */
  public static Rollback named(String useCase, String id) {
    return new Rollback(useCase + " " + id);
  }

  /** What undoes an acquisition. It is told twice at most, and succeeds where nothing is left. */
  @FunctionalInterface
  public interface Undo {
    void run() throws Exception;
  }

  /** Some undo steps failed: what they describe may be left behind. */
  public static final class RollbackException extends IOException {
    private static final long serialVersionUID = 1L;

    RollbackException(String name) {
      super("roll back of " + name + " is incomplete");
    }
  }

  private record Step(String what, Undo undo) {}

  /** Registers how to undo what comes next. */
  public void undo(String what, Undo undo) {
    steps.push(new Step(what, undo));
  }

  /** Whether, so far, everything that was undone is undone. For steps that depend on the others. */
  public boolean isClean() {
    return failures.getSuppressed().length == 0;
  }

  /** All is well: nothing is undone any more. */
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
      throw failures;
    }
  }

  private void run(Step step) {
    LOG.debug("{}: undo: {}", name, step.what);
    Callable<Boolean> work =
        () -> {
          step.undo.run();
          return true;
        };
    FutureTask<Boolean> task = new FutureTask<>(work);
    Thread.ofVirtual().name("undo: " + step.what).start(task);
    try {
      // A caller that has given up still wants the traces of the call gone.
      Uninterruptibles.getUninterruptibly(task, STEP_LIMIT);
    } catch (ExecutionException e) {
      failures.addSuppressed(new IOException(step.what + ": " + e.getCause(), e.getCause()));
    } catch (TimeoutException e) {
      task.cancel(true);
      failures.addSuppressed(
          new IOException(step.what + ": not done after " + STEP_LIMIT.toSeconds() + " s", e));
    }
  }
}
