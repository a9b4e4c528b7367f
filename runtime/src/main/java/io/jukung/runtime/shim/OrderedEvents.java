package io.jukung.runtime.shim;

import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies the events of one shim one after the other, in the order of their arrival. Thread-safe.
 */
final class OrderedEvents {
  private static final Logger LOG = LoggerFactory.getLogger(OrderedEvents.class);

  private final Object source;
  private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);

  /**
   * Makes a sequence without events.
   *
   * @param source names the shim in messages
   */
  OrderedEvents(Object source) {
    this.source = source;
  }

  /** Runs beside the events, on a thread of its own: it may wait for a disk. */
  static void runAside(Runnable work) {
    Thread.ofVirtual().name("shim event").start(work);
  }

  /** Runs after all earlier events, and not on the caller's thread. */
  synchronized void add(Runnable event) {
    last =
        last.thenRunAsync(event, OrderedEvents::runAside)
            .exceptionally(
                e -> {
                  LOG.error("an event of {} cannot be applied", source, e);
                  return null;
                });
  }
}
