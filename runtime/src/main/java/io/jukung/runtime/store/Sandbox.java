package io.jukung.runtime.store;

import io.jukung.cri.CriException;
import io.jukung.runtime.store.ChangeListener.Change;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

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
  private final Set<Work> operations = new HashSet<>();
  private @Nullable Revival revival;
  private final ShownBytes listed = new ShownBytes();
  private final ShownBytes shown = new ShownBytes();
  private volatile SandboxRecord record;
  private boolean isTakenDown;

  /** Whether operations that were given up may still hold something, or make it later. */
  private boolean hasGivenUp;

  private volatile ChangeListener listener = ChangeListener.NONE;

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

  /** Keeps how lists show the sandbox. */
  public ShownBytes listed() {
    return listed;
  }

  /** Keeps how its status shows the sandbox. */
  public ShownBytes shown() {
    return shown;
  }

  /**
   * Whether this daemon has taken down all that the host held for the sandbox. Nothing new begins
   * in such a sandbox.
   */
  public boolean isTakenDown() {
    lock.lock();
    try {
      return isTakenDown && revival == null && !isReady();
    } finally {
      lock.unlock();
    }
  }

  /** Notes that the host holds nothing for the sandbox, unless it is being made again. */
  public void noteTakenDown() {
    lock.lock();
    try {
      isTakenDown = !hasGivenUp && revival == null && !isReady();
    } finally {
      lock.unlock();
    }
  }

  /** Held while the pod's limits are set, so that updates come one after the other. */
  public ReentrantLock limitsLock() {
    return limitsLock;
  }

  void listen(ChangeListener changes) {
    listener = changes;
  }

  /** Tells that the sandbox is there, and whether it runs: its shim may have died already. */
  void tellCreated(ChangeListener changes) {
    lock.lock();
    try {
      listener = changes;
      listener.changed(this, Change.CREATED);
      listener.changed(this, isReady() ? Change.STARTED : Change.STOPPED);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Changes the record, first on disk and then in memory.
   *
   * @param change returns the same instance if there is nothing to change
   */
  @SuppressWarnings("ReferenceEquality")
  public void update(StateFiles files, UnaryOperator<SandboxRecord> change) throws IOException {
    lock.lock();
    try {
      SandboxRecord next = change.apply(record);
      if (next != record) {
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
  @SuppressWarnings("ReferenceEquality")
  public void notReady(StateFiles files) throws IOException {
    lock.lock();
    try {
      if (revival != null) {
        revival.giveUp();
      }
      SandboxRecord next = record.notReady();
      if (next != record) {
        boolean wasReady = isReady();
        record = next;
        if (wasReady) {
          listener.changed(this, Change.STOPPED);
        }
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
      Work operation = new Work(what);
      operations.add(operation);
      return operation;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Begins to make a NOT_READY sandbox again, of which the host holds nothing. A stop waits for the
   * end of the revival, which fails then.
   *
   * @throws CriException FAILED_PRECONDITION if the sandbox is READY, or work is under way in it
   */
  public Revival beginRevival() {
    lock.lock();
    try {
      if (isReady() || !operations.isEmpty()) {
        throw CriException.failedPrecondition(
            "start of sandbox " + id() + ": it is ready, or not stopped yet");
      }
      isTakenDown = false;
      revival = new Revival();
      operations.add(revival.work);
      return revival;
    } finally {
      lock.unlock();
    }
  }

  /** A sandbox that is being made again. To be closed once. */
  public final class Revival implements AutoCloseable {
    private final Work work = new Work("the start of the sandbox");

    private Revival() {}

    private void giveUp() {
      work.givenUp = true;
    }

    /**
     * Shows that the sandbox is made again.
     *
     * @param ready its READY record, which is on disk
     * @throws CriException FAILED_PRECONDITION if the sandbox was stopped meanwhile
     */
    public void succeeded(SandboxRecord ready) {
      work.finish(
          () -> {
            record = ready;
            listener.changed(Sandbox.this, Change.STARTED);
          });
    }

    /**
     * Records that the sandbox is not made again.
     *
     * @param isClean whether the host holds nothing for it
     */
    public void undo(StateFiles files, boolean isClean) throws IOException {
      lock.lock();
      try {
        boolean wasReady = isReady();
        SandboxRecord stopped = record.notReady();
        record = isClean ? stopped.tornDown() : stopped;
        if (wasReady) {
          listener.changed(Sandbox.this, Change.STOPPED);
        }
        files.writeSandbox(record);
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      lock.lock();
      try {
        revival = null;
        work.close();
      } finally {
        lock.unlock();
      }
    }
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
      while (!operations.isEmpty()) {
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

  /**
   * Gives up the operations that are under way, because what they wait for may never come. Their
   * {@link Operation#finish} fails, so that they undo what they have made when they end. To be
   * called when the sandbox is NOT_READY.
   *
   * @return what is given up, for messages
   */
  public List<String> giveUpOperations() {
    lock.lock();
    try {
      List<String> given = operations.stream().map(each -> each.what).toList();
      operations.forEach(each -> each.givenUp = true);
      operations.clear();
      hasGivenUp |= !given.isEmpty();
      return given;
    } finally {
      lock.unlock();
    }
  }

  /** Work that is under way in the sandbox. To be closed once. */
  public interface Operation extends AutoCloseable {
    /**
     * Makes the result of the operation known, unless the sandbox was stopped without waiting for
     * the operation.
     *
     * @throws CriException FAILED_PRECONDITION if the sandbox was stopped meanwhile
     */
    void finish(Runnable publish);

    @Override
    void close();
  }

  private final class Work implements Operation {
    private final String what;
    private boolean givenUp;

    Work(String what) {
      this.what = what;
    }

    @Override
    public void finish(Runnable publish) {
      lock.lock();
      try {
        if (givenUp) {
          throw CriException.failedPrecondition(
              what + ": sandbox " + id() + " was stopped meanwhile");
        }
        publish.run();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      lock.lock();
      try {
        operations.remove(this);
        if (operations.isEmpty()) {
          noOperation.signalAll();
        }
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  public String toString() {
    return "sandbox " + id() + ", " + record.state();
  }
}
