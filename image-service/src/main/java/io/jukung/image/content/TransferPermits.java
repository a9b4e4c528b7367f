package io.jukung.image.content;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * Limits how many transfers from one origin receive bytes at the same time. Each origin has permits
 * of its own: a registry that trickles holds up nobody but itself. Thread-safe.
 */
final class TransferPermits {
  private int perOrigin;

  /** Only origins with transfers, so that the map does not grow with the registries ever used. */
  private final Map<String, Origin> origins = new HashMap<>();

  private static final class Origin {
    final ResizableSemaphore permits;
    int transfers;

    Origin(int permits) {
      this.permits = new ResizableSemaphore(permits);
    }
  }

  /** A semaphore whose permits can become fewer while they are in use. */
  private static final class ResizableSemaphore extends Semaphore {
    private static final long serialVersionUID = 1L;

    ResizableSemaphore(int permits) {
      super(permits, /* fair= */ true);
    }

    /** Adds permits. With a negative number, as many of those that are released are not reused. */
    void add(int permits) {
      if (permits >= 0) {
        release(permits);
      } else {
        reducePermits(-permits);
      }
    }
  }

  /** A transfer that may receive bytes, or did. */
  final class Permit implements AutoCloseable {
    private final String name;
    private final Origin origin;

    private Permit(String name, Origin origin) {
      this.name = name;
      this.origin = origin;
    }

    @Override
    public void close() {
      origin.permits.release();
      leave(name, origin);
    }
  }

  TransferPermits(int perOrigin) {
    this.perOrigin = perOrigin;
  }

  /**
   * Sets another limit, for origins with transfers too. Transfers that receive bytes go on, even if
   * there are more of them than the new limit.
   */
  void limit(int newPerOrigin) {
    synchronized (origins) {
      origins.values().forEach(each -> each.permits.add(newPerOrigin - perOrigin));
      perOrigin = newPerOrigin;
    }
  }

  /** Waits until one more transfer with the origin of this name is allowed. */
  Permit acquire(String name) throws InterruptedException {
    Origin origin;
    synchronized (origins) {
      origin = origins.computeIfAbsent(name, _ -> new Origin(perOrigin));
      origin.transfers++;
    }
    try {
      origin.permits.acquire();
      return new Permit(name, origin);
    } catch (InterruptedException e) {
      leave(name, origin);
      throw e;
    }
  }

  private void leave(String name, Origin origin) {
    synchronized (origins) {
      if (--origin.transfers == 0) {
        origins.remove(name, origin);
      }
    }
  }
}
