package io.jukung.runtime.shim;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.runtime.call.Failures;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shims that wait for pods, and the pods that wait for shims. Thread-safe.
 *
 * <pre>
 *   start ────┐
 *             ├──▶ the pod that has waited longest ──▶ take
 *   give back ┘    or, if no pod waits, the spares
 * </pre>
 *
 * Few starts are under way at once, so that each of them gets a processor: many JVMs that start
 * side by side on few processors all miss their deadlines, and their work is lost. A start belongs
 * to no pod. Whoever has waited longest gets the shim, and if the pod that it was started for has
 * given up, the shim becomes a spare. So a pod waits for as long as starts succeed, and each start
 * has a deadline of its own.
 *
 * @param <S> a shim
 */
final class SpareShims<S> {
  private static final Logger LOG = LoggerFactory.getLogger(SpareShims.class);

  /**
   * A spare is started when no pod has taken or used a shim for this time: the pod that took the
   * last one has most likely started then.
   */
  private static final Duration QUIET = Duration.ofMillis(200);

  /** Without this bound a steady stream of pods would never see a spare. */
  private static final Duration MOST_POSTPONED = Duration.ofSeconds(2);

  /** The wait after a failure, which will most likely repeat. */
  static final Duration RETRY_DELAY = Duration.ofSeconds(10);

  /** How often the demand is looked at while there are more spares than are kept without it. */
  private static final Duration SURPLUS_LOOK = SpareDemand.WINDOW.dividedBy(4);

  /** Longer than a start takes to notice that it was interrupted, and to kill its shim. */
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(30);

  /** Where shims come from. */
  interface Source<S> {
    /**
     * Starts a shim, in bounded time. The shim is complete, or nothing of it is left.
     *
     * @param awaited whether a pod waits for a shim now
     */
    S start(BooleanSupplier awaited) throws IOException;

    /** A pod has begun to wait: starts that are under way must not take their time. */
    void hurry();

    boolean isAlive(S shim);

    /** Ends a shim that nobody needs. Never throws. */
    void end(S shim);
  }

  /**
   * How many shims there may be.
   *
   * @param spares how many are kept ready without demand
   * @param mostSpares how many may be ready
   * @param startsAtOnce how many starts may be under way
   */
  record Bounds(int spares, int mostSpares, int startsAtOnce) {}

  /** The place of a pod in the queue, compared by identity. */
  private static final class Turn<S> {
    final CompletableFuture<S> shim = new CompletableFuture<>();
  }

  private final Source<S> source;
  private final int startsAtOnce;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final SpareDemand demand;
  // The spare that came last is taken first: more of it is still in the processors' caches.
  private final Deque<S> spares = new ArrayDeque<>();
  // A pod waits on a virtual thread, and the calls that may wait are bounded by the server.
  private final Deque<Turn<S>> waiting = new ArrayDeque<>();
  private final Set<Thread> starts = new HashSet<>();
  private final Thread keeper = Thread.ofVirtual().name("spare shims").unstarted(this::keep);
  private long nextStart = System.nanoTime();
  private long missingSince = nextStart;
  private boolean closed;

  SpareShims(Bounds bounds, Source<S> source) {
    this.source = source;
    this.startsAtOnce = bounds.startsAtOnce();
    this.demand = new SpareDemand(bounds.spares(), bounds.mostSpares());
  }

  /**
   * Sets how many spares there may be from now on. The bound of starts at once stays.
   *
   * @param replace whether the present spares are to be replaced by new ones
   */
  void rebound(int least, int most, boolean replace) {
    List<S> ended = new ArrayList<>();
    lock.lock();
    try {
      demand.bound(least, most);
      if (replace && !closed) {
        ended.addAll(spares);
        spares.clear();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    ended.forEach(source::end);
  }

  /** Begins to start spares. */
  void open() {
    keeper.start();
  }

  /**
   * Returns a spare, or waits for a shim.
   *
   * @throws CriException CANCELLED if this thread is interrupted, UNAVAILABLE if the daemon ends
   */
  S take() throws IOException {
    Turn<S> turn = new Turn<>();
    lock.lock();
    try {
      if (closed) {
        throw ends();
      }
      used(); // before the spare is taken: from now on one may be missing
      demand.taken(System.nanoTime());
      S spare = pollAlive();
      if (spare != null) {
        return spare;
      }
      waiting.add(turn);
      startMissing();
    } finally {
      lock.unlock();
    }
    source.hurry();
    return await(turn);
  }

  private S await(Turn<S> turn) throws IOException {
    try {
      return turn.shim.get();
    } catch (ExecutionException e) {
      throw Failures.rethrow("start of a shim", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      giveUp(turn);
      throw new CriException(ErrorKind.CANCELLED, "the wait for a shim was cancelled", e);
    }
  }

  private void giveUp(Turn<S> turn) {
    lock.lock();
    try {
      if (waiting.remove(turn)) {
        return;
      }
    } finally {
      lock.unlock();
    }
    if (!turn.shim.isCompletedExceptionally() && !place(turn.shim.join())) { // it came just now
      source.end(turn.shim.join());
    }
  }

  private @Nullable S pollAlive() {
    S spare = spares.pollFirst();
    while (spare != null && !source.isAlive(spare)) {
      spare = spares.pollFirst();
    }
    return spare;
  }

  /** Says that a pod uses its shim: spares start later. */
  void noteUse() {
    lock.lock();
    try {
      used();
    } finally {
      lock.unlock();
    }
  }

  private void used() {
    long now = System.nanoTime();
    if (nextStart - now > QUIET.toNanos()) {
      return; // a failure has put it off for longer
    }
    if (spares.size() >= demand.ahead(now)) {
      missingSince = now;
    }
    nextStart = Math.min(now + QUIET.toNanos(), missingSince + MOST_POSTPONED.toNanos());
    changed.signalAll();
  }

  /**
   * How many shims and pods there are here.
   *
   * @param ready shims that wait for a pod
   * @param starting starts that are under way
   * @param waiting pods that wait for a shim
   */
  record Counts(int ready, int starting, int waiting) {}

  Counts counts() {
    lock.lock();
    try {
      return new Counts(spares.size(), starts.size(), waiting.size());
    } finally {
      lock.unlock();
    }
  }

  /** Whether a shim that its pod gives back would be kept. */
  boolean hasRoom() {
    lock.lock();
    try {
      return !closed && (!waiting.isEmpty() || spares.size() < demand.kept(System.nanoTime()));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a shim that its pod does not need any more.
   *
   * @return whether it is kept; if not, it stays the caller's
   */
  boolean giveBack(S shim) {
    lock.lock();
    try {
      demand.returned(System.nanoTime());
    } finally {
      lock.unlock();
    }
    return place(shim);
  }

  /** Gives the shim to the pod that has waited longest, or keeps it for the next one. */
  private boolean place(S shim) {
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      missingSince = System.nanoTime(); // the next spare waits for a quiet moment again
      Turn<S> first = waiting.poll();
      if (first != null) {
        first.shim.complete(shim);
      } else {
        spares.addFirst(shim);
        if (!source.isAlive(shim)) {
          forget(shim); // its end may have been reported before it was a spare
        }
      }
      changed.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** A spare has died. */
  void died(S spare) {
    lock.lock();
    try {
      forget(spare);
    } finally {
      lock.unlock();
    }
  }

  private void forget(S spare) {
    if (spares.remove(spare)) {
      nextStart = System.nanoTime() + RETRY_DELAY.toNanos();
      changed.signalAll();
    }
  }

  private void startMissing() {
    while (!closed && starts.size() < startsAtOnce && isStartMissing()) {
      Thread thread = Thread.ofVirtual().name("start of a shim").unstarted(this::start);
      starts.add(thread);
      thread.start();
    }
  }

  /** A start is missing for each pod that waits, and one if it is time for another spare. */
  private boolean isStartMissing() {
    long now = System.nanoTime();
    return waiting.size() > starts.size()
        || (starts.isEmpty() && spares.size() < demand.ahead(now) && nextStart - now <= 0);
  }

  private void start() {
    S shim = null;
    Throwable failure = null;
    try {
      shim = source.start(this::isAwaited);
    } catch (IOException | RuntimeException | Error e) { // also an Error: pods wait for the end
      failure = e;
    }
    if (shim != null && !place(shim)) {
      source.end(shim); // close() waits for it, because the start is still under way
    }
    lock.lock();
    try {
      starts.remove(Thread.currentThread());
      if (failure != null) {
        failed(failure);
      }
      startMissing();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean isAwaited() {
    lock.lock();
    try {
      return !waiting.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Tells the pod that has waited longest, and only that one: the next start may succeed. */
  private void failed(Throwable failure) {
    Turn<S> first = waiting.poll();
    if (first != null) {
      first.shim.completeExceptionally(failure);
    } else if (!closed) {
      nextStart = System.nanoTime() + RETRY_DELAY.toNanos();
      logFailed(failure);
    }
  }

  private static void logFailed(Throwable failure) {
    boolean expected = failure instanceof IOException || failure instanceof CriException;
    String what = "a spare shim cannot be started; the next try is in {} s: {}";
    if (expected) {
      LOG.error(what, RETRY_DELAY.toSeconds(), failure.getMessage());
    } else {
      LOG.error(what, RETRY_DELAY.toSeconds(), failure.toString(), failure);
    }
  }

  /** Starts spares that are missing, and ends those for which there is no demand any more. */
  private void keep() {
    S surplus = awaitSurplus();
    while (surplus != null) {
      source.end(surplus);
      surplus = awaitSurplus();
    }
  }

  /** Returns null when the daemon ends. */
  private @Nullable S awaitSurplus() {
    lock.lock();
    try {
      while (!closed) {
        long now = System.nanoTime();
        if (spares.size() > demand.kept(now)) {
          return spares.pollLast();
        }
        startMissing();
        long _ = changed.awaitNanos(nanosUntilNextLook(now));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
    return null;
  }

  private long nanosUntilNextLook(long now) {
    if (starts.isEmpty() && spares.size() < demand.ahead(now)) {
      return Math.max(1, nextStart - now);
    }
    return spares.size() > demand.least() ? SURPLUS_LOOK.toNanos() : Long.MAX_VALUE;
  }

  /**
   * Ends the starts that are under way and fails the pods that wait.
   *
   * @return the spares, which are the caller's from now on
   */
  List<S> close() {
    lock.lock();
    try {
      closed = true;
      waiting.forEach(each -> each.shim.completeExceptionally(ends()));
      waiting.clear();
      changed.signalAll();
      starts.forEach(Thread::interrupt);
    } finally {
      lock.unlock();
    }
    try {
      awaitNoStart();
      keeper.join(CLOSE_PATIENCE); // it may be ending a spare
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    lock.lock();
    try {
      List<S> left = new ArrayList<>(spares);
      spares.clear();
      return left;
    } finally {
      lock.unlock();
    }
  }

  private void awaitNoStart() throws InterruptedException {
    lock.lock();
    try {
      long left = CLOSE_PATIENCE.toNanos();
      while (!starts.isEmpty() && left > 0) {
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  private static CriException ends() {
    return new CriException(ErrorKind.UNAVAILABLE, "no shim is started, because the daemon ends");
  }
}
