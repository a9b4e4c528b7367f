package io.jukung.runtime.call;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Work that must not be abandoned half-way and must not run twice: it runs in a thread of its own,
 * and the calls that ask for it only wait. The same request asked for again joins the work under
 * way. A result that nobody was left to hear (every caller's deadline had passed) is kept for the
 * one who asks again.
 *
 * @param <K> what the work is about; one piece of work per key
 * @param <R> the request, compared by equals
 * @param <V> the result
 */
public final class SingleFlight<K, R, V> {
  /** Longer than kubelet waits before it tries again (its longest back-off is five minutes). */
  private static final Duration KEEP_UNHEARD = Duration.ofMinutes(6);

  /** Beyond this, kept results make room: callers that never come back are no reason to grow. */
  private static final int MAX_UNHEARD = 1000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<K, Flight<R, V>> flights = new HashMap<>();
  private final String what;

  /**
   * Nothing is under way.
   *
   * @param what the work's name, for threads and error texts
   */
  public SingleFlight(String what) {
    this.what = what;
  }

  private static final class Flight<R, V> {
    final R request;
    final CompletableFuture<V> result = new CompletableFuture<>();
    int waiting;
    boolean heard;
    long doneAt;

    Flight(R request) {
      this.request = request;
    }
  }

  /**
   * Waits for the work, starting it where it is not under way.
   *
   * @throws InterruptedException where the caller gave up; the work goes on
   * @throws CriException ALREADY_EXISTS where other work on the key is under way
   */
  public V join(K key, R request, Callable<V> work) throws InterruptedException, IOException {
    Flight<R, V> flight;
    lock.lock();
    try {
      dropStale();
      flight = flights.get(key);
      if (flight == null) {
        flight = new Flight<>(request);
        flights.put(key, flight);
        start(key, flight, work);
      } else if (!flight.request.equals(request)) {
        throw new CriException(
            ErrorKind.ALREADY_EXISTS,
            what + ": another request for " + key + " is under way, and it differs");
      }
      flight.waiting++;
    } finally {
      lock.unlock();
    }
    return await(key, flight);
  }

  /** Forgets a kept result, because what it tells of is gone. Work under way goes on. */
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
    boolean heard = false;
    try {
      V value = flight.result.get();
      heard = true;
      return value;
    } catch (ExecutionException e) {
      heard = true;
      throw Failures.rethrow(what, e.getCause());
    } finally {
      leave(key, flight, heard);
    }
  }

  private void leave(K key, Flight<R, V> flight, boolean heard) {
    lock.lock();
    try {
      flight.waiting--;
      flight.heard |= heard;
      if (flight.heard) {
        flights.remove(key, flight);
      }
    } finally {
      lock.unlock();
    }
  }

  private void start(K key, Flight<R, V> flight, Callable<V> work) {
    Thread.ofVirtual()
        .name(what + " " + key)
        .start(
            () -> {
              V value = null;
              Throwable failure = null;
              try {
                value = work.call();
              } catch (Throwable e) {
                failure = e;
              }
              complete(key, flight, value, failure);
            });
  }

  private void complete(
      K key, Flight<R, V> flight, @Nullable V value, @Nullable Throwable failure) {
    lock.lock();
    try {
      flight.doneAt = System.nanoTime();
      if (failure != null && flight.waiting == 0) {
        flights.remove(key, flight); // a failure unheard is better tried again
      }
    } finally {
      lock.unlock();
    }
    if (failure != null) {
      flight.result.completeExceptionally(failure);
    } else {
      flight.result.complete(value);
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
                    && (now - flight.doneAt > KEEP_UNHEARD.toNanos()
                        || flights.size() > MAX_UNHEARD));
  }
}
