package io.jukung.runtime.events;

import com.google.common.util.concurrent.Striped;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.runtime.container.ContainerViews;
import io.jukung.runtime.store.ChangeListener;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Lock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes an event of each change of a container or sandbox and gives it to every subscription.
 * Thread-safe, and never waits for a subscriber. While nobody subscribes, no event is made.
 *
 * <p>The events of one pod are in one order for all subscribers, and each shows the pod as new as,
 * or newer than, the event before.
 *
 * <p>The start of the daemon opens a subscription by itself, which the first subscriber gets: that
 * is kubelet, whose stream has ended with the earlier daemon, and which learns so what has ended
 * meanwhile.
 */
public final class ContainerEvents implements ChangeListener, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerEvents.class);

  /**
   * The limit of subscribers. A node has a kubelet and a few users of {@code jukung events}. Each
   * holds a thread, and work for each event.
   */
  static final int MAX_SUBSCRIBERS = 64;

  /** How long events are kept for the first subscriber. kubelet connects again in some seconds. */
  private static final Duration FIRST_SUBSCRIBER_WAIT = Duration.ofMinutes(1);

  /** Pods that share a lock wait for each other only while one builds an event. */
  private static final int LOCKS = 64;

  private final EventMessages messages;
  private final Striped<Lock> podLocks = Striped.lock(LOCKS);
  private final List<Subscription> subscriptions = new CopyOnWriteArrayList<>();
  private final long firstDeadline;
  private volatile @Nullable Subscription first;
  private boolean isClosed;

  public ContainerEvents(SandboxStore sandboxes, ContainerStore containers, ContainerViews views) {
    this(sandboxes, containers, views, FIRST_SUBSCRIBER_WAIT);
  }

  ContainerEvents(
      SandboxStore sandboxes, ContainerStore containers, ContainerViews views, Duration firstWait) {
    this.messages = new EventMessages(sandboxes, containers, views);
    this.firstDeadline = System.nanoTime() + firstWait.toNanos();
    this.first = new Subscription(this::remove);
    subscriptions.add(first);
  }

  /**
   * Opens a subscription, which gets every event from now on; the first one, also those since the
   * start of the daemon. The caller must close the subscription.
   *
   * @throws CriException RESOURCE_EXHAUSTED if there are too many
   */
  public synchronized Subscription subscribe() {
    if (isClosed) {
      throw new CriException(ErrorKind.UNAVAILABLE, Subscription.STOPPING);
    }
    dropFirstIfLate();
    Subscription kept = first;
    if (kept != null) {
      first = null;
      return kept;
    }
    if (subscriptions.size() >= MAX_SUBSCRIBERS) {
      throw new CriException(
          ErrorKind.RESOURCE_EXHAUSTED,
          "GetContainerEvents: there are " + MAX_SUBSCRIBERS + " subscribers already");
    }
    Subscription subscription = new Subscription(this::remove);
    subscriptions.add(subscription);
    return subscription;
  }

  /** Whether a change is told to anybody now. */
  public boolean hasSubscribers() {
    return !subscriptions.isEmpty();
  }

  @Override
  public void changed(Container container, Change change) {
    if (hasSubscribers()) {
      publish(container.record().sandboxId(), () -> messages.of(container, change));
    }
  }

  @Override
  public void changed(Sandbox sandbox, Change change) {
    if (hasSubscribers()) {
      publish(sandbox.id(), () -> messages.of(sandbox, change));
    }
  }

  private void publish(String sandboxId, Supplier<ContainerEventResponse> message) {
    Lock lock = podLocks.get(sandboxId);
    lock.lock();
    try {
      ContainerEventResponse event = message.get();
      subscriptions.forEach(each -> each.offer(event));
    } catch (RuntimeException e) {
      // A change of a container must not fail because it cannot be told.
      LOG.error("an event of sandbox {} is lost, which its subscribers are told", sandboxId, e);
      subscriptions.forEach(Subscription::miss);
    } finally {
      lock.unlock();
    }
    if (first != null) {
      dropFirstIfLate();
    }
  }

  private synchronized void dropFirstIfLate() {
    Subscription kept = first;
    if (kept != null && System.nanoTime() - firstDeadline >= 0) {
      kept.close();
      first = null;
    }
  }

  private void remove(Subscription subscription) {
    subscriptions.remove(subscription);
  }

  /** Ends every subscription, and opens no other. */
  @Override
  public synchronized void close() {
    isClosed = true;
    new ArrayList<>(subscriptions).forEach(Subscription::end);
  }
}
