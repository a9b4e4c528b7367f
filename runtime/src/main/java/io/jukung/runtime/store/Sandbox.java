package io.jukung.runtime.store;

import io.jukung.cri.CriException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;

/**
 * A sandbox in memory: its record, and how many operations are under way in it. Reads never wait.
 * Thread-safe.
 *
 * <p>Creating and starting containers are operations. {@link #begin} refuses them when the sandbox
 * is not READY, and {@link #awaitOperations} waits for those under way, so that a stop sees every
 * container that there will ever be.
 */
public final class Sandbox {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition noOperation = lock.newCondition();
  private final ReentrantLock limitsLock = new ReentrantLock();
  private volatile SandboxRecord record;
  private int operations;

  public Sandbox(SandboxRecord record) {
    this.record = record;
  }

  public SandboxRecord record() {
    return record;
  }

  public String id() {
    return record.id();
  }

  public boolean isReady() {
    return record.isReady();
  }

  /** Held while the pod's limits are set, so that updates come one after the other. */
  public ReentrantLock limitsLock() {
    return limitsLock;
  }

  /** Changes the record, first on disk and then in memory. */
  public void update(StateFiles files, UnaryOperator<SandboxRecord> change) throws IOException {
    lock.lock();
    try {
      SandboxRecord next = change.apply(record);
      if (!next.equals(record)) {
        files.writeSandbox(next);
        record = next;
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes the sandbox NOT_READY: it takes no more operations. That is so even if it cannot be
   * written, because what follows (a kill, the death of the shim) does not wait for the disk.
   *
   * @throws IOException if the record cannot be written
   */
  public void notReady(StateFiles files) throws IOException {
    lock.lock();
    try {
      SandboxRecord next = record.notReady();
      if (!next.equals(record)) {
        record = next;
        files.writeSandbox(next);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Begins work that needs the sandbox to stay.
   *
   * @param what for the error text
   * @throws CriException FAILED_PRECONDITION if the sandbox is not READY
   */
  public Operation begin(String what) {
    lock.lock();
    try {
      if (!isReady()) {
        throw CriException.failedPrecondition(what + ": sandbox " + id() + " is not ready");
      }
      operations++;
    } finally {
      lock.unlock();
    }
    return this::end;
  }

  /**
   * Waits for the operations that are under way. To be called when the sandbox is NOT_READY, so
   * that no others begin.
   *
   * @return whether none is left; false if the wait was too short
   */
  public boolean awaitOperations(Duration wait) throws InterruptedException {
    lock.lock();
    try {
      long left = wait.toNanos();
      while (operations > 0) {
        if (left <= 0) {
          return false;
        }
        left = noOperation.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void end() {
    lock.lock();
    try {
      operations--;
      if (operations == 0) {
        noOperation.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Work that is under way in the sandbox. To be closed once. */
  public interface Operation extends AutoCloseable {
    @Override
    void close();
  }

  @Override
  public String toString() {
    return "sandbox " + id() + ", " + record.state();
  }
}
