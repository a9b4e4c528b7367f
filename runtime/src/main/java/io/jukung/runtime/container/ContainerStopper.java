package io.jukung.runtime.container;

import io.jukung.linux.process.Signals;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerRecord;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends containers: the stop signal, a wait, SIGKILL. Several calls for one container share one
 * stop: it gets the signal once, and the shortest of their waits counts. Thread-safe.
 */
public final class ContainerStopper {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerStopper.class);

  /** A killed process ends at once, unless it hangs in the kernel. */
  private static final Duration KILL_WAIT = Duration.ofSeconds(10);

  /** kubelet's longest grace period is a number of days; nanoseconds must not overflow. */
  private static final Duration LONGEST_WAIT = Duration.ofDays(365);

  private final PodShims shims;
  private final PodCgroups cgroups;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Stop> stops = new HashMap<>();

  /** Works with these. */
  public ContainerStopper(PodShims shims, PodCgroups cgroups) {
    this.shims = shims;
    this.cgroups = cgroups;
  }

  /** A stop under way: when it is time to kill. */
  private static final class Stop {
    long killAt = Long.MAX_VALUE;
    boolean signalled;
    int callers;
    CompletableFuture<Void> sooner = new CompletableFuture<>();
  }

  /**
   * Ends the container, which may have ended already.
   *
   * @param gracePeriod zero: it is killed at once
   * @throws IOException where it does not even end when killed
   */
  public void stop(Container container, Duration gracePeriod)
      throws IOException, InterruptedException {
    if (!container.status().isRunning()) {
      return;
    }
    Duration grace = gracePeriod.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : gracePeriod;
    Stop stop = join(container.id(), System.nanoTime() + grace.toNanos());
    try {
      if (!grace.isZero() && isFirstToSignal(stop)) {
        signal(container, container.record().stopSignal());
      }
      if (awaitGracePeriod(container, stop)) {
        return;
      }
      kill(container);
    } finally {
      leave(container.id(), stop);
    }
  }

  /** Kills the container and waits for its end. */
  public void kill(Container container) throws IOException, InterruptedException {
    ContainerRecord record = container.record();
    if (!container.status().isRunning()) {
      return;
    }
    LOG.debug("container {}: killing", record.id());
    signalIfReachable(container, Signals.SIGKILL);
    // Also whoever left the first process's pid namespace, or shares one with other containers.
    cgroups.at(record.cgroup()).kill();
    if (!container.awaitExit(KILL_WAIT)) {
      throw new IOException(
          "container "
              + record.id()
              + " does not end: process "
              + container.status().pid()
              + " was killed "
              + KILL_WAIT.toSeconds()
              + " s ago and is "
              + ProcessState.describe(container.status().pid()));
    }
  }

  private Stop join(String id, long killAt) {
    lock.lock();
    try {
      Stop stop = stops.computeIfAbsent(id, _ -> new Stop());
      stop.callers++;
      if (killAt - stop.killAt < 0 || stop.killAt == Long.MAX_VALUE) {
        stop.killAt = killAt;
        stop.sooner.complete(null);
        stop.sooner = new CompletableFuture<>();
      }
      return stop;
    } finally {
      lock.unlock();
    }
  }

  private void leave(String id, Stop stop) {
    lock.lock();
    try {
      stop.callers--;
      if (stop.callers == 0) {
        stops.remove(id, stop);
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean isFirstToSignal(Stop stop) {
    lock.lock();
    try {
      boolean first = !stop.signalled;
      stop.signalled = true;
      return first;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the end or for the time to kill, which other calls may bring nearer. */
  private boolean awaitGracePeriod(Container container, Stop stop)
      throws IOException, InterruptedException {
    CompletableFuture<Void> exited = container.exit();
    while (true) {
      long left;
      CompletableFuture<Void> sooner;
      lock.lock();
      try {
        left = stop.killAt - System.nanoTime();
        sooner = stop.sooner;
      } finally {
        lock.unlock();
      }
      if (exited.isDone()) {
        return true;
      }
      if (left <= 0) {
        return false;
      }
      try {
        CompletableFuture.anyOf(exited, sooner).get(left, TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        LOG.debug("container {}: its grace period ends", container.id());
      } catch (ExecutionException e) {
        throw new IOException("wait for container " + container.id(), e);
      }
    }
  }

  private void signal(Container container, int signal) throws IOException {
    LOG.debug("container {}: {}", container.id(), Signals.name(signal));
    shims.get(container.record().sandboxId()).signal(container.id(), signal);
  }

  private void signalIfReachable(Container container, int signal) {
    try {
      shims.get(container.record().sandboxId()).signal(container.id(), signal);
    } catch (IOException | RuntimeException e) {
      // The cgroup is killed next, which needs no shim.
      LOG.warn(
          "container {}: {} not sent: {}", container.id(), Signals.name(signal), e.getMessage());
    }
  }
}
