package io.jukung.runtime.store;

import io.jukung.cri.CriException;
import io.jukung.runtime.store.ChangeListener.Change;
import io.jukung.runtime.store.ContainerRecord.Resources;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A container in memory: its records, and the operation that is under way on it. Reads never wait.
 * Transitions happen one after the other, and each is written to the disk before it is shown; see
 * {@link ContainerStatusRecord.State} for the table. Thread-safe.
 *
 * <p>A start and a removal are operations: at most one is under way, and closing it ends it,
 * whatever happened meanwhile.
 */
public final class Container {
  private final ReentrantLock lock = new ReentrantLock();
  private final StateFiles files;
  private final ReentrantLock limitsLock = new ReentrantLock();
  private final ShownBytes listed = new ShownBytes();
  private final ShownBytes shown = new ShownBytes();
  private volatile ContainerRecord record;
  private volatile ContainerStatusRecord status;

  private final RunEnd runEnd = new RunEnd();

  /** Null until the container is in a store. */
  private @Nullable ChangeListener listener;

  /** The last change that came while there was no listener. */
  private @Nullable Change untold;

  /** The last status that was not UNKNOWN, as on the disk. UNKNOWN only if the disk has none. */
  private ContainerStatusRecord known;

  private @Nullable Operation operation;

  /** Why the daemon kills the present run; null: it does not. */
  private ContainerExit.@Nullable Kill kill;

  /**
   * Shows what is on the disk.
   *
   * @param status {@link ContainerStatusRecord#damaged} if it could not be read
   */
  public Container(StateFiles files, ContainerRecord record, ContainerStatusRecord status) {
    this.files = files;
    this.record = record;
    this.status = status;
    this.known = status;
    if (status.isExited()) {
      runEnd.complete();
    }
  }

  public ContainerRecord record() {
    return record;
  }

  public String id() {
    return record.id();
  }

  public ContainerStatusRecord status() {
    return status;
  }

  /** Keeps how lists show the container. */
  public ShownBytes listed() {
    return listed;
  }

  /** Keeps how its status shows the container. */
  public ShownBytes shown() {
    return shown;
  }

  void listen(ChangeListener changes) {
    lock.lock();
    try {
      listener = changes;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Tells the change that was learnt while the records were read, if there is one. To be called
   * when the container and its sandbox are in the stores: before, an event would not show them.
   */
  public void tellUntold() {
    lock.lock();
    try {
      Change change = untold;
      untold = null;
      if (change != null) {
        tell(change);
      }
    } finally {
      lock.unlock();
    }
  }

  private void tell(Change change) {
    ChangeListener told = listener;
    if (told == null) {
      untold = change;
    } else {
      told.changed(this, change);
    }
  }

  /** Tells that the container is there. */
  void tellCreated(ChangeListener changes) {
    lock.lock();
    try {
      listener = changes;
      changes.changed(this, Change.CREATED);
    } finally {
      lock.unlock();
    }
  }

  /** The limits in force; null: none. */
  public @Nullable Resources resources() {
    return record.resources();
  }

  /** Held while a start or an update sets limits, so that neither overtakes the other. */
  public ReentrantLock limitsLock() {
    return limitsLock;
  }

  /** Changes the limits, first on disk and then in memory. */
  public void limit(Resources resources) throws IOException {
    change(before -> before.withResources(resources));
  }

  /** Changes the name, first on disk and then in memory. */
  public void rename(ContainerName name, Map<String, String> labels) throws IOException {
    change(before -> before.renamed(name, labels));
  }

  /** Changes an annotation, first on disk and then in memory. */
  public void annotate(String name, String value) throws IOException {
    change(before -> before.annotated(name, value));
  }

  private void change(UnaryOperator<ContainerRecord> change) throws IOException {
    lock.lock();
    try {
      ContainerRecord next = change.apply(record);
      files.writeContainer(next);
      record = next;
    } finally {
      lock.unlock();
    }
  }

  /** Work that is under way on the container and excludes other such work. To be closed once. */
  public abstract sealed class Operation implements AutoCloseable {
    private final String what;

    private Operation(String what) {
      this.what = what;
    }

    /** Ends the operation. */
    @Override
    public void close() {
      lock.lock();
      try {
        operation = null;
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * A start of the container. An end of the container that is reported while the start is under way
   * is applied once the start has succeeded.
   */
  public final class Start extends Operation {
    private @Nullable UnaryOperator<ContainerStatusRecord> earlyEnd;
    private boolean givenUp;

    private Start() {
      super("being started");
    }

    /**
     * Records that the container runs, or that it ran, if its end was reported first.
     *
     * @throws CriException FAILED_PRECONDITION if the start was given up meanwhile
     */
    public void succeeded(int pid, long startedAt) throws IOException {
      lock.lock();
      try {
        if (givenUp) {
          throw CriException.failedPrecondition(
              "start of container " + id() + ": its sandbox was stopped meanwhile");
        }
        write(status.started(pid, startedAt));
        tell(Change.STARTED);
        if (earlyEnd != null) {
          end(earlyEnd.apply(status));
        }
      } finally {
        lock.unlock();
      }
    }

    /** Records that the container did not run. */
    public void failed(long at, String why) throws IOException {
      lock.lock();
      try {
        if (status.isCreated()) {
          end(status.startFailed(at, why));
        }
      } finally {
        lock.unlock();
      }
    }

    /** Ends the start. A start that neither succeeded nor failed leaves the container UNKNOWN. */
    @Override
    public void close() {
      lock.lock();
      try {
        if (givenUp) {
          return; // another operation may have begun
        }
        super.close();
        if (status.isCreated()) {
          status = status.unknown("the start of the container was cut short");
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /** The removal of the container. */
  public final class Removal extends Operation {
    private boolean succeeded;

    private Removal() {
      super("being removed");
    }

    /** Marks the removal as done: no other operation can begin on the container any more. */
    public void succeeded() {
      succeeded = true;
    }

    @Override
    public void close() {
      if (!succeeded) {
        super.close();
      }
    }
  }

  /**
   * Begins a start of the container.
   *
   * @throws CriException FAILED_PRECONDITION if the container is not CREATED or another operation
   *     is under way
   */
  public Start beginStart() {
    lock.lock();
    try {
      if (!status.isCreated() || operation != null) {
        throw CriException.failedPrecondition(
            "start of container "
                + id()
                + ": it is "
                + (operation == null ? status.state() : operation.what));
      }
      Start start = new Start();
      operation = start;
      return start;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes an EXITED container CREATED, so that it can be started again. How its last run ended is
   * forgotten.
   *
   * @throws CriException FAILED_PRECONDITION if the container is not EXITED or an operation is
   *     under way
   */
  public void renew() throws IOException {
    lock.lock();
    try {
      if (!status.isExited() || operation != null) {
        throw CriException.failedPrecondition(
            "start of container "
                + id()
                + ": it is "
                + (operation == null ? status.state() : operation.what));
      }
      // First: a CREATED container with an exit.json is taken for one that has run and ended.
      files.deleteExit(id());
      write(status.renewed());
      kill = null;
      runEnd.renew();
      tell(Change.CREATED);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Says that what the container's run leaves behind is going to be removed in the background. To
   * be called before the end is shown.
   *
   * @return to be completed when that is removed, or cannot be
   */
  public CompletableFuture<Void> beginCleanUp() {
    return runEnd.beginCleanUp();
  }

  /**
   * Waits until what the last run has left behind is removed.
   *
   * @return whether that is over
   */
  public boolean awaitCleanUp(Duration wait) throws InterruptedException {
    return runEnd.awaitCleanUp(wait);
  }

  /**
   * Gives up a start that is under way, because what it waits for may never come: the container is
   * EXITED and can be removed. Does nothing if no start is under way.
   */
  public void giveUpStart(long at, String why) throws IOException {
    lock.lock();
    try {
      if (operation instanceof Start start) {
        start.failed(at, why);
        start.givenUp = true;
        operation = null;
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Begins the removal of the container.
   *
   * @throws CriException FAILED_PRECONDITION if the container has processes or another operation is
   *     under way
   */
  public Removal beginRemoval() {
    lock.lock();
    try {
      if (status.mayRun() || operation != null) {
        throw CriException.failedPrecondition(
            "removal of container "
                + id()
                + ": it is "
                + (operation == null ? status.state() : operation.what));
      }
      Removal removal = new Removal();
      operation = removal;
      return removal;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the container is being removed, or is removed: files of it may be gone already. */
  public boolean isBeingRemoved() {
    lock.lock();
    try {
      return operation instanceof Removal;
    } finally {
      lock.unlock();
    }
  }

  /** A reading of the container's files, which keeps them from being removed. */
  public final class Reading extends Operation {
    private Reading() {
      super("being committed");
    }
  }

  /**
   * Begins to read the files that the container has written.
   *
   * @throws CriException FAILED_PRECONDITION if another operation is under way
   */
  public Reading beginReading() {
    lock.lock();
    try {
      if (operation != null) {
        throw CriException.failedPrecondition(
            "read the files of container " + id() + ": it is " + operation.what);
      }
      Reading reading = new Reading();
      operation = reading;
      return reading;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Records how the first process ended. Of several reports, the first one counts. A CREATED
   * container of which no start is under way was started by an earlier daemon, which had no time to
   * record that.
   */
  public void exited(ContainerExit exit) throws IOException {
    lock.lock();
    try {
      if (status.isCreated() && operation == null) {
        status = status.unknown("its start is not on record");
      }
    } finally {
      lock.unlock();
    }
    ended(before -> before.exited(kill == null ? exit : exit.killedBecause(kill)));
  }

  /**
   * Says why the daemon is going to kill the container, for the status of its end. A daemon that is
   * killed before the end is recorded forgets that.
   */
  public void killing(ContainerExit.Kill because) {
    lock.lock();
    try {
      kill = because;
    } finally {
      lock.unlock();
    }
  }

  /** Records that the container ended and nobody can say how. A CREATED container stays so. */
  public void lost(long at, String why) throws IOException {
    ended(before -> before.lost(at, why));
  }

  private void ended(UnaryOperator<ContainerStatusRecord> end) throws IOException {
    lock.lock();
    try {
      if (status.mayRun()) {
        end(end.apply(status));
      } else if (operation instanceof Start start && start.earlyEnd == null) {
        start.earlyEnd = end;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Shows that the state cannot be learnt for now. An EXITED container stays so. */
  public void unknown(String why) {
    lock.lock();
    try {
      if (!status.isExited()) {
        status = status.unknown(why);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Shows that the process of a RUNNING container has ended and that its shim does not tell how.
   * Does nothing in another state.
   */
  public void endedUnreported(String why) {
    lock.lock();
    try {
      if (status.isRunning()) {
        status = status.unknown(why);
        tell(Change.STOPPED);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes a container RUNNING, because its shim says so: one that is UNKNOWN, or whose start an
   * earlier daemon had no time to record.
   */
  public void foundRunning(int pid, long startedAt) throws IOException {
    lock.lock();
    try {
      if (!status.isUnknown() && !(status.isCreated() && operation == null)) {
        return;
      }
      if (known.isRunning()) {
        status = known;
      } else {
        write(status.started(pid, startedAt));
      }
      tell(Change.STARTED);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes an UNKNOWN container CREATED if no start of it is on record, because it has no process
   * and has left no exit.
   *
   * @return whether it is CREATED
   */
  public boolean foundNothing() {
    lock.lock();
    try {
      if (status.isUnknown() && known.isCreated()) {
        status = known;
        tell(Change.CREATED);
      }
      return status.isCreated();
    } finally {
      lock.unlock();
    }
  }

  /** Completes when the container is EXITED. Callers may complete the future without effect. */
  public CompletableFuture<Void> exit() {
    return runEnd.future();
  }

  /**
   * Waits until the container is EXITED.
   *
   * @return whether it is EXITED
   */
  public boolean awaitExit(Duration wait) throws InterruptedException {
    return runEnd.await(wait);
  }

  /** An end is shown even if it cannot be written: callers that wait for it would wait for ever. */
  private void end(ContainerStatusRecord next) throws IOException {
    try {
      write(next);
    } finally {
      status = next;
      tell(Change.STOPPED);
      runEnd.complete();
    }
  }

  private void write(ContainerStatusRecord next) throws IOException {
    files.writeStatus(id(), next);
    known = next;
    status = next;
  }

  @Override
  public String toString() {
    return "container " + id() + ", " + status.state();
  }
}
