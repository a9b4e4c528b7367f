package io.jukung.engine.daemon;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.cri.v1.ContainerEventType;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.GetEventsRequest;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * What happens to containers, from one subscription at the daemon for all clients. Remembers how
 * the last containers have ended, because a container may be removed before its waiter looks.
 * Thread-safe.
 */
public final class EventHub implements AutoCloseable {
  /** How many ends are remembered. */
  private static final int MAX_ENDS = 4096;

  private static final Duration RETRY = Duration.ofMillis(500);

  private final Daemon daemon;
  private final List<Consumer<ContainerEventResponse>> listeners = new CopyOnWriteArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition happened = lock.newCondition();
  private final Context.CancellableContext subscription = Context.ROOT.withCancellation();

  private final Map<String, End> ends =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, End> eldest) {
          return size() > MAX_ENDS;
        }
      };

  private long endCount;
  private long eventCount;

  /**
   * How a container has ended.
   *
   * @param number counts all ends, so that a later end of the same container has a larger one
   */
  public record End(int exitCode, long number) {}

  public EventHub(Daemon daemon) {
    this.daemon = daemon;
  }

  /** Begins to listen, in the background, until the hub is closed. */
  public void start() {
    Thread.ofVirtual().name("events").start(() -> subscription.run(this::listen));
  }

  /** Adds a listener, which is told of each event by one thread and must not wait. */
  public void add(Consumer<ContainerEventResponse> listener) {
    listeners.add(listener);
  }

  public void remove(Consumer<ContainerEventResponse> listener) {
    listeners.remove(listener);
  }

  private void listen() {
    while (!subscription.isCancelled()) {
      try {
        Iterator<ContainerEventResponse> events =
            daemon
                .runtimeWithoutDeadline()
                .withWaitForReady()
                .getContainerEvents(GetEventsRequest.getDefaultInstance());
        while (events.hasNext()) {
          tell(events.next());
        }
      } catch (StatusRuntimeException e) {
        // The daemon is away. Waiters look at the containers themselves meanwhile.
      }
      try {
        Thread.sleep(RETRY);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void tell(ContainerEventResponse event) {
    lock.lock();
    try {
      if (event.getContainerEventType() == ContainerEventType.CONTAINER_STOPPED_EVENT) {
        endCount++;
        ends.put(event.getContainerId(), new End(exitCode(event), endCount));
      }
      eventCount++;
      happened.signalAll();
    } finally {
      lock.unlock();
    }
    listeners.forEach(each -> each.accept(event));
  }

  private static int exitCode(ContainerEventResponse event) {
    return event.getContainersStatusesList().stream()
        .filter(each -> each.getId().equals(event.getContainerId()))
        .map(ContainerStatus::getExitCode)
        .findFirst()
        .orElse(0);
  }

  /** How many containers have ended since the engine started. */
  public long endCount() {
    lock.lock();
    try {
      return endCount;
    } finally {
      lock.unlock();
    }
  }

  /** How a container has ended last, as far as the hub remembers. */
  public Optional<End> end(String containerId) {
    lock.lock();
    try {
      return Optional.ofNullable(ends.get(containerId));
    } finally {
      lock.unlock();
    }
  }

  /** How many events there were; what {@link #await} takes. */
  public long eventCount() {
    lock.lock();
    try {
      return eventCount;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until something happens to any container, for a bounded time.
   *
   * @param seen the number of events before the caller looked, so that it misses none
   */
  public void await(long seen, Duration most) throws InterruptedException {
    long left = most.toNanos();
    lock.lock();
    try {
      while (eventCount == seen && left > 0) {
        left = happened.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    subscription.cancel(null);
  }
}
