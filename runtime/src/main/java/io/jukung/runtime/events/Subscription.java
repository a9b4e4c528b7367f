package io.jukung.runtime.events;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.ContainerEventResponse;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The events for one subscriber, from the moment the subscription is opened. Events are added by
 * any thread, and taken by one.
 *
 * <p>A subscriber that is too slow loses everything in the queue, not only what does not fit: it
 * has to list the pods anyway, and the lists are newer. The memory is free at once, so that all
 * queues together hold no more different events than one queue.
 */
public final class Subscription implements AutoCloseable {
  /** What happens on a full node in half a minute: 250 pods that start and end. */
  static final int MAX_EVENTS = 4_096;

  /** An event has the status of a whole pod: some KiB, but a pod's annotations may be 256 KiB. */
  static final int MAX_BYTES = 8 << 20;

  static final String STOPPING = "GetContainerEvents: the daemon is stopping";

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Queue<ContainerEventResponse> queue = new ArrayDeque<>();
  private final Consumer<Subscription> onClose;
  private long bytes;
  private long missed;
  private boolean isEnded;

  Subscription(Consumer<Subscription> onClose) {
    this.onClose = onClose;
  }

  /** Adds an event. Never waits for the subscriber. */
  void offer(ContainerEventResponse event) {
    lock.lock();
    try {
      if (missed == 0 && fits(event)) {
        queue.add(event);
        bytes += event.getSerializedSize();
      } else {
        miss();
      }
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** An event that is larger than the limit fits into an empty queue. */
  private boolean fits(ContainerEventResponse event) {
    return queue.isEmpty()
        || (queue.size() < MAX_EVENTS && bytes + event.getSerializedSize() <= MAX_BYTES);
  }

  /** Notes that one more event is not delivered, and those in the queue are not either. */
  void miss() {
    lock.lock();
    try {
      missed += queue.size() + 1L;
      queue.clear();
      bytes = 0;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for the next event.
   *
   * @throws CriException RESOURCE_EXHAUSTED with the number of events that were not delivered, if
   *     the subscriber was too slow; UNAVAILABLE if the daemon is stopping
   */
  public ContainerEventResponse take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (true) {
        if (missed > 0) {
          throw new CriException(ErrorKind.RESOURCE_EXHAUSTED, missedText());
        }
        ContainerEventResponse event = queue.poll();
        if (event != null) {
          bytes -= event.getSerializedSize();
          return event;
        }
        if (isEnded) {
          throw new CriException(ErrorKind.UNAVAILABLE, STOPPING);
        }
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  private String missedText() {
    return "GetContainerEvents: "
        + missed
        + " events were not delivered, because the subscriber has read too slowly: "
        + MAX_EVENTS
        + " events and "
        + (MAX_BYTES >> 20)
        + " MiB are kept; subscribe again, and list the pods";
  }

  /** Ends the subscription when the events in the queue are taken. */
  void end() {
    lock.lock();
    try {
      isEnded = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    onClose.accept(this);
  }
}
