package io.jukung.runtime.store;

import io.jukung.cri.CriException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;

/**
 * A sandbox in memory: its record, and who is at work in it. Reads never wait. Thread-safe.
 *
 * <p>Creating and starting containers are operations: {@link #begin} refuses them once a stop has
 * begun, and {@link #stopOperations} waits for those under way, so that a stop sees every container
 * there will be.
 */
public final class Sandbox {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition noOperation = lock.newCondition();
  private final ReentrantLock limitsLock = new ReentrantLock();
  private volatile SandboxRecord record;
  private int operations;
  private boolean stopping;

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
    return record.state() == SandboxRecord.State.READY;
  }

  /** Held while the pod's limits are set: one update after the other. */
  public ReentrantLock limitsLock() {
    return limitsLock;
  }

  /** Changes the record: first on disk, then here. */
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
   * Begins work that needs the sandbox to stay.
   *
   * @param what for the error text
   * @throws CriException FAILED_PRECONDITION where the sandbox is not ready
   */
  public Operation begin(String what) {
    lock.lock();
    try {
      if (stopping || !isReady()) {
        throw CriException.failedPrecondition(
            what + ": sandbox " + id() + " is not ready" + (stopping ? ", it is stopping" : ""));
      }
      operations++;
    } finally {
      lock.unlock();
    }
    return this::end;
  }

  /**
   * Refuses operations from now on and waits for those under way.
   *
   * @return whether none is left; false where the wait was too short
   */
  public boolean stopOperations(Duration wait) throws InterruptedException {
    lock.lock();
    try {
      stopping = true;
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

  /** Work under way; close it once. */
  public interface Operation extends AutoCloseable {
    @Override
    void close();
  }

  @Override
  public String toString() {
    return "sandbox " + id() + ", " + record.state();
  }
}
