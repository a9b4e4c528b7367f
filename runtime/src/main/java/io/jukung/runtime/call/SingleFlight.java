package io.jukung.runtime.call;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs work that must be neither abandoned half-way nor done twice. The work runs in a thread of
 * its own, and the calls that ask for it only wait. A call with the same request joins the work
 * that is already running. If every caller gave up before the work succeeded (their deadlines had
 * passed), the result is kept for the next call with that request. Thread-safe.
 *
 * @param <K> what the work is about; there is at most one piece of work per key
 * @param <R> the request, compared by equals
 * @param <V> the result
 */
public final class SingleFlight<K, R, V> {
  /** Longer than kubelet waits before it retries (its longest back-off is five minutes). */
  private static final Duration KEEP_UNDELIVERED = Duration.ofMinutes(6);

  /** Above this number undelivered results are dropped: their callers may never come back. */
  private static final int MAX_UNDELIVERED = 1000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<K, Flight<R, V>> flights = new HashMap<>();
  private final String what;
  private final ThreadFactory threads;
  private final Function<K, Optional<?>> progress;

  /**
   * A single flight without any work.
   *
   * @param what the work's name, for threads and error messages
   */
  public SingleFlight(String what) {
    this(what, Thread.ofVirtual().factory());
  }

  /**
   * A single flight whose error messages say how far the work is.
   *
   * @param progress says how far the work for a key is, as {@code toString} of its answer
   */
  public static <K, R, V> SingleFlight<K, R, V> withProgress(
      String what, Function<K, Optional<?>> progress) {
    return new SingleFlight<>(what, Thread.ofVirtual().factory(), progress);
  }

  SingleFlight(String what, ThreadFactory threads) {
    this(what, threads, _ -> Optional.empty());
  }

  private SingleFlight(String what, ThreadFactory threads, Function<K, Optional<?>> progress) {
    this.what = what;
    this.threads = threads;
    this.progress = progress;
  }

  /** All but the request and the result is guarded by the lock. */
  private static final class Flight<R, V> {
    final R request;
    final CompletableFuture<V> result = new CompletableFuture<>();
    int waiting;
    boolean delivered;
    long doneAt;

    Flight(R request) {
      this.request = request;
    }
  }

  /**
   * Starts the work, unless it is already running, and waits for its result.
   *
   * @throws InterruptedException if the caller is interrupted; the work goes on
   * @throws CriException ALREADY_EXISTS if work on the key with another request is running
   */
  public V join(K key, R request, Callable<V> work) throws InterruptedException, IOException {
    Flight<R, V> flight;
    lock.lock();
    try {
      dropStale();
      flight = flights.get(key);
      if (flight == null) {
        flight = new Flight<>(request);
        start(key, flight, work);
        flights.put(key, flight); // last: without a thread the key would be taken for ever
      } else if (!flight.request.equals(request)) {
        throw new CriException(ErrorKind.ALREADY_EXISTS, conflict(key));
      }
      flight.waiting++;
    } finally {
      lock.unlock();
    }
    return await(key, flight);
  }

  private String conflict(K key) {
    String other = what + ": a different request for " + key;
    return progress
        .apply(key)
        .map(how -> other + " is running: the name is reserved for " + how)
        .orElse(other + " is running or has just succeeded");
  }

  /** Drops a kept result because it is no longer true. Work that is running goes on. */
  public void forget(K key) {
    lock.lock();
    try {
      Flight<R, V> flight = flights.get(key);
      if (flight != null && flight.result.isDone()) {
        flights.remove(key);
      }
    } finally {
      lock.unlock();
    }
  }

  private V await(K key, Flight<R, V> flight) throws InterruptedException, IOException {
    boolean delivered = false;
    try {
      V value = flight.result.get();
      delivered = true;
      return value;
    } catch (ExecutionException e) {
      delivered = true;
      throw Failures.rethrow(what, e.getCause());
    } finally {
      leave(key, flight, delivered);
    }
  }

  private void leave(K key, Flight<R, V> flight, boolean delivered) {
    lock.lock();
    try {
      flight.waiting--;
      flight.delivered |= delivered;
      boolean missedFailure = flight.waiting == 0 && flight.result.isCompletedExceptionally();
      if (flight.delivered || missedFailure) {
        flights.remove(key, flight);
      }
    } finally {
      lock.unlock();
    }
  }

  private void start(K key, Flight<R, V> flight, Callable<V> work) {
    Thread thread = threads.newThread(LogContext.carriedTo(() -> run(key, flight, work)));
    thread.setName(what + " " + key);
    thread.start();
  }

  private void run(K key, Flight<R, V> flight, Callable<V> work) {
    V value = null;
    Throwable failure = null;
    try {
      value = work.call();
    } catch (Throwable e) { // also an Error: callers would wait for ever
      failure = e;
    }
    complete(key, flight, value, failure);
  }

  private void complete(
      K key, Flight<R, V> flight, @Nullable V value, @Nullable Throwable failure) {
    lock.lock();
    try {
      flight.doneAt = System.nanoTime();
      if (failure == null) {
        flight.result.complete(value);
      } else {
        flight.result.completeExceptionally(failure);
        if (flight.waiting == 0) {
          flights.remove(key, flight); // nobody got the failure: the next call should try again
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void dropStale() {
    long now = System.nanoTime();
    flights
        .values()
        .removeIf(
            flight ->
                flight.result.isDone()
                    && flight.waiting == 0
                    && (now - flight.doneAt > KEEP_UNDELIVERED.toNanos()
                        || flights.size() > MAX_UNDELIVERED));
  }
}
