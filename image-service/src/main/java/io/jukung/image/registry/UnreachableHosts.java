package io.jukung.image.registry;

import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Remembers for a while which hosts could not be reached, over all pulls: otherwise each request of
 * each pull would wait for a dead mirror. Thread-safe.
 */
final class UnreachableHosts {
  /** Shorter than it takes to repair a mirror, and longer than kubelet waits between its tries. */
  static final Duration MEMORY = Duration.ofMinutes(2);

  /** More hosts than a configuration has. The oldest is forgotten, and tried again. */
  private static final int MAX_HOSTS = 1000;

  private final LongSupplier nanoTime;

  private final Map<URI, Long> failedAt =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<URI, Long> eldest) {
          return size() > MAX_HOSTS;
        }
      };

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  UnreachableHosts(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** No connection to the host could be made, or it did not answer in time. */
  synchronized void failed(RegistryHost host) {
    failedAt.put(host.base(), nanoTime.getAsLong());
  }

  synchronized void answered(RegistryHost host) {
    failedAt.remove(host.base());
  }

  /** Whether other hosts should be asked before this one. */
  synchronized boolean isAvoided(RegistryHost host) {
    Long at = failedAt.get(host.base());
    if (at == null) {
      return false;
    }
    if (nanoTime.getAsLong() - at > MEMORY.toNanos()) {
      failedAt.remove(host.base());
      return false;
    }
    return true;
  }
}
