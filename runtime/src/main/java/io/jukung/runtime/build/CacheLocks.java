package io.jukung.runtime.build;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * Has the commands that share a cache with {@code sharing=locked} run one after the other. Any
 * thread may release what another has acquired. There is an entry for each name that was ever used,
 * as there is a directory on the disk. Thread-safe.
 */
final class CacheLocks {
  private final ConcurrentHashMap<String, Semaphore> locks = new ConcurrentHashMap<>();

  /** A lock that is held until it is closed. */
  @FunctionalInterface
  interface Held extends AutoCloseable {
    @Override
    void close();
  }

  /** Waits until nobody else uses the cache. */
  Held acquire(String id) throws InterruptedException {
    Semaphore lock = locks.computeIfAbsent(id, _ -> new Semaphore(1));
    lock.acquire();
    return lock::release;
  }
}
