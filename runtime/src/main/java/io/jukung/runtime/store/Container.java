package io.jukung.runtime.store;

import io.jukung.cri.CriException;
import io.jukung.runtime.store.ContainerRecord.Resources;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A container in memory: what it is and where it is in its life. Reads never wait; transitions are
 * one after the other, each on disk before it is shown. Thread-safe.
 */
public final class Container {
  private final ReentrantLock lock = new ReentrantLock();
  private final CompletableFuture<Void> exited = new CompletableFuture<>();
  private final StateFiles files;
  private final ReentrantLock limitsLock = new ReentrantLock();
  private volatile ContainerRecord record;
  private volatile ContainerStatusRecord status;

  private boolean starting;
  private boolean removing;
  private @Nullable Exit earlyExit;

  /** With its records on disk. */
  public Container(StateFiles files, ContainerRecord record, ContainerStatusRecord status) {
    this.files = files;
    this.record = record;
    this.status = status;
    if (status.isExited()) {
      exited.complete(null);
    }
  }

  /** How a process ended. */
  public record Exit(int code, long finishedAt, boolean oomKilled) {}

  public ContainerRecord record() {
    return record;
  }

  public String id() {
    return record.id();
  }

  public ContainerStatusRecord status() {
    return status;
  }

  /** The limits in force. */
  public @Nullable Resources resources() {
    return record.resources();
  }

  /** Held while limits are set, by the start or by an update: neither overtakes the other. */
  public ReentrantLock limitsLock() {
    return limitsLock;
  }

  /** Changes the limits: first on disk, then here. */
  public void limit(Resources resources) throws IOException {
    lock.lock();
    try {
      ContainerRecord next = record.withResources(resources);
      files.writeContainer(next);
      record = next;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Claims the one start of the container's life. To be followed by {@link #started} or {@link
   * #startFailed}.
   *
   * @throws CriException FAILED_PRECONDITION where it is not CREATED
   */
  public void beginStart() {
    lock.lock();
    try {
      if (!status.isCreated() || starting || removing) {
        throw CriException.failedPrecondition(
            "start of container "
                + id()
                + ": it is "
                + (removing ? "being removed" : starting ? "being started" : status.state()));
      }
      starting = true;
    } finally {
      lock.unlock();
    }
  }

  /** It runs; or it did, where its exit was faster than this news. */
  public void started(int pid, long startedAt) throws IOException {
    lock.lock();
    try {
      starting = false;
      write(status.started(pid, startedAt));
      Exit exit = earlyExit;
      if (exit != null) {
        earlyExit = null;
        writeExit(exit);
      }
    } finally {
      lock.unlock();
    }
  }

  /** It never ran, and never will. */
  public void startFailed(long at, String why) throws IOException {
    lock.lock();
    try {
      starting = false;
      earlyExit = null;
      end(status.startFailed(at, why));
    } finally {
      lock.unlock();
    }
  }

  /** Its first process has ended. Told twice, the first counts. */
  public void exited(Exit exit) throws IOException {
    lock.lock();
    try {
      if (status.isRunning()) {
        writeExit(exit);
      } else if (starting && earlyExit == null) {
        earlyExit = exit;
      }
    } finally {
      lock.unlock();
    }
  }

  /** It ended, and nobody can say how. One that does not run stays as it is. */
  public void lost(long at, String why) throws IOException {
    lock.lock();
    try {
      if (status.isRunning()) {
        end(status.lost(at, why));
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Claims its removal: it cannot be started any more.
   *
   * @throws CriException FAILED_PRECONDITION while it runs or is being started
   */
  public void beginRemove() {
    lock.lock();
    try {
      if (status.isRunning() || starting) {
        throw CriException.failedPrecondition(
            "removal of container " + id() + ": it is " + (starting ? "being started" : "running"));
      }
      removing = true;
    } finally {
      lock.unlock();
    }
  }

  public boolean isStarting() {
    lock.lock();
    try {
      return starting;
    } finally {
      lock.unlock();
    }
  }

  /** Completes when it is EXITED. A copy: completing it does nothing. */
  public CompletableFuture<Void> exit() {
    return exited.copy();
  }

  /**
   * Waits for its end.
   *
   * @return whether it is EXITED
   */
  public boolean awaitExit(Duration wait) throws InterruptedException {
    try {
      exited.get(wait.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // never completed exceptionally
    }
  }

  private void writeExit(Exit exit) throws IOException {
    end(status.exited(exit.code(), exit.finishedAt(), exit.oomKilled()));
  }

  /** An end is shown even where it cannot be written: whoever waits for it would wait for ever. */
  private void end(ContainerStatusRecord next) throws IOException {
    try {
      write(next);
    } finally {
      status = next;
      exited.complete(null);
    }
  }

  private void write(ContainerStatusRecord next) throws IOException {
    files.writeStatus(id(), next);
    status = next;
  }

  @Override
  public String toString() {
    return "container " + id() + ", " + status.state();
  }
}
