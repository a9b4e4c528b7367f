package io.jukung.runtime.nri;

import io.jukung.runtime.container.LifecyclePlugins;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps apart the steps that change which pods and containers there are, and the synchronization of
 * a plugin, which must see the node between two steps: otherwise a container could be in neither
 * the list that the plugin gets nor in an event, or in both. Steps go on beside each other.
 * Thread-safe.
 */
final class SyncGate {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<String, Integer> steps = new HashMap<>();
  private final Duration longestWait;
  private boolean synchronizing;

  /**
   * @param longestWait how long a step waits for a synchronization. Longer than one may take: a
   *     step never fails because of a plugin
   */
  SyncGate(Duration longestWait) {
    this.longestWait = longestWait;
  }

  /**
   * Begins a step, when no synchronization is under way. A thread must not begin a step in another
   * one.
   */
  LifecyclePlugins.Step begin(String id) {
    lock.lock();
    try {
      await(() -> !synchronizing, longestWait);
      steps.merge(id, 1, Integer::sum);
    } finally {
      lock.unlock();
    }
    return () -> end(id);
  }

  private void end(String id) {
    lock.lock();
    try {
      steps.computeIfPresent(id, (_, count) -> count == 1 ? null : count - 1);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits, for a bounded time, until no step of the object is under way. */
  void awaitEnd(String id) {
    lock.lock();
    try {
      var _ = await(() -> !steps.containsKey(id), longestWait);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Keeps new steps from beginning, and waits for those under way.
   *
   * @return false if they do not end in time; then nothing is kept
   */
  boolean beginSynchronization(Duration wait) {
    lock.lock();
    try {
      if (!await(() -> !synchronizing, longestWait)) {
        return false;
      }
      synchronizing = true;
      if (await(steps::isEmpty, wait)) {
        return true;
      }
      synchronizing = false;
      changed.signalAll();
      return false;
    } finally {
      lock.unlock();
    }
  }

  void endSynchronization() {
    lock.lock();
    try {
      synchronizing = false;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private interface Wanted {
    boolean holds();
  }

  /** Waits even if the thread is interrupted: the wait is bounded, and its end must be known. */
  private boolean await(Wanted wanted, Duration wait) {
    long left = wait.toNanos();
    boolean interrupted = false;
    while (!wanted.holds() && left > 0) {
      long begin = System.nanoTime();
      try {
        left = changed.awaitNanos(left);
      } catch (InterruptedException e) {
        interrupted = true;
        left -= System.nanoTime() - begin;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return wanted.holds();
  }
}
