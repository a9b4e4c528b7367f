package io.jukung.runtime.call;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One lock for each name. A lock exists only while a thread holds it or waits for it, so that names
 * that are no longer used leave nothing behind. Thread-safe.
 */
public final class NamedLocks {
  private final ConcurrentHashMap<String, NamedLock> locks = new ConcurrentHashMap<>();

  /** The number of users is changed only inside the map's atomic operations. */
  private static final class NamedLock {
    final ReentrantLock lock = new ReentrantLock();
    int users;
  }

  /** A lock that the current thread holds until {@link #close}. */
  @FunctionalInterface
  public interface Held extends AutoCloseable {
    @Override
    void close();
  }

  /** Waits for the lock of this name. The thread that acquired it must release it. */
  public Held acquire(String name) {
    NamedLock named =
        locks.compute(
            name,
            (key, known) -> {
              NamedLock used = known == null ? new NamedLock() : known;
              used.users++;
              return used;
            });
    named.lock.lock();
    return () -> {
      named.lock.unlock();
      locks.computeIfPresent(name, (key, used) -> --used.users == 0 ? null : used);
    };
  }

  /** The number of names that are in use. */
  int size() {
    return locks.size();
  }
}
