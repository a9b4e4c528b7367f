package io.jukung.runtime.streaming.session;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Timers that run when the test says so, in the test's thread. */
final class ManualTimers extends ScheduledThreadPoolExecutor {
  private final List<Runnable> pending = new ArrayList<>();

  ManualTimers() {
    super(1);
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable work, long delay, TimeUnit unit) {
    synchronized (pending) {
      pending.add(work);
    }
    return new Pending();
  }

  boolean isEmpty() {
    synchronized (pending) {
      return pending.isEmpty();
    }
  }

  /** Runs what was scheduled so far, whatever its delay is. */
  void runAll() {
    List<Runnable> due;
    synchronized (pending) {
      due = new ArrayList<>(pending);
      pending.clear();
    }
    due.forEach(Runnable::run);
  }

  private static final class Pending extends FutureTask<Void>
      implements RunnableScheduledFuture<Void> {
    Pending() {
      super((Callable<Void>) () -> null);
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return 0;
    }

    @Override
    public int compareTo(Delayed other) {
      return 0;
    }

    @Override
    public boolean isPeriodic() {
      return false;
    }
  }
}
