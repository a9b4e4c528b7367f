package io.jukung.runtime.container;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.cgroup.Freezer;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.StateFiles;
import io.jukung.shim.v1.ContainerProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends containers: with the stop signal, a grace period and SIGKILL. Several calls for one
 * container share one stop: the container gets the signal once, and the shortest grace period
 * counts. Thread-safe.
 */
public final class ContainerStopper {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerStopper.class);

  /** A killed process ends at once, unless it hangs in the kernel. */
  private static final Duration KILL_WAIT = Duration.ofSeconds(10);

  /**
   * How long a stop waits for a pod's shim that the daemon has not asked yet. Then it goes on
   * without the shim.
   */
  private static final Duration SHIM_WAIT = Duration.ofSeconds(2);

  /** After this time without an end, some process is not in the cgroup that was killed. */
  private static final Duration ESCAPE_WAIT = Duration.ofMillis(100);

  /** How long a shim has to report the end of a container whose processes are all gone. */
  private static final Duration REPORT_WAIT = Duration.ofSeconds(3);

  /** How often a killed container is looked at. */
  private static final Duration REPORT_POLL = Duration.ofMillis(20);

  /** Longer than any grace period, and short enough that nanoseconds do not overflow. */
  private static final Duration LONGEST_WAIT = Duration.ofDays(365);

  private final PodShims shims;
  private final PodCgroups cgroups;
  private final Freezer freezer;
  private final Duration killWait;
  private final UnwatchedContainers unwatched;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Stop> stops = new HashMap<>();

  public ContainerStopper(StateFiles files, PodShims shims, PodCgroups cgroups, Freezer freezer) {
    this(files, shims, cgroups, freezer, KILL_WAIT);
  }

  /**
   * A stopper for tests.
   *
   * @param killWait how long a killed container may take to end
   */
  public ContainerStopper(
      StateFiles files, PodShims shims, PodCgroups cgroups, Freezer freezer, Duration killWait) {
    this.shims = shims;
    this.cgroups = cgroups;
    this.freezer = freezer;
    this.killWait = killWait;
    this.unwatched = new UnwatchedContainers(files, cgroups);
  }

  /** A stop that is under way, and when it kills. */
  private static final class Stop {
    long killAt = Long.MAX_VALUE;
    boolean signalled;
    int callers;
    CompletableFuture<Void> sooner = new CompletableFuture<>();
  }

  /**
   * Ends the container, which may have ended already. Whatever its shim does, this ends in a kill
   * of the container's cgroup by the kernel.
   *
   * @param gracePeriod how long the container has after the stop signal; zero: it is killed at once
   * @throws IOException if the container does not end when it is killed
   */
  public void stop(Container container, Duration gracePeriod)
      throws IOException, InterruptedException {
    if (!container.status().mayRun()) {
      return;
    }
    Duration grace = gracePeriod.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : gracePeriod;
    Stop stop = join(container.id(), System.nanoTime() + grace.toNanos());
    try {
      boolean wait =
          grace.isZero()
              || !isFirstToSignal(stop)
              || signalAndThaw(container, container.record().stopSignal());
      if (wait && awaitGracePeriod(container, stop)) {
        return;
      }
      kill(container);
    } finally {
      leave(container.id(), stop);
    }
  }

  /**
   * Kills the container and waits for its end.
   *
   * @throws IOException if the container does not end
   */
  public void kill(Container container) throws IOException, InterruptedException {
    if (!container.status().mayRun()) {
      return;
    }
    LOG.debug("container {}: killing", container.id());
    Cgroup cgroup = cgroups.at(container.record().cgroup());
    try {
      // Ends also the processes that outlive the first one: in a pid namespace that containers
      // share, and in other pid namespaces.
      cgroup.kill();
    } catch (IOException e) {
      LOG.error("container {}: {} cannot be killed: {}", container.id(), cgroup, e.getMessage());
    }
    if (container.awaitExit(ESCAPE_WAIT)) {
      return;
    }
    // A privileged process may have left the cgroup. The signal reaches it.
    signal(container, Signals.SIGKILL);
    if (!awaitReport(container, cgroup)) {
      findOut(container);
    }
  }

  /**
   * Waits until the shim reports the end: without a shim until the cgroup is empty, and with one
   * for a bounded time longer.
   *
   * @return whether the end was reported
   */
  private boolean awaitReport(Container container, Cgroup cgroup) throws InterruptedException {
    long now = System.nanoTime();
    long deadline = now + killWait.toNanos();
    long reportBy = now + REPORT_WAIT.toNanos();
    while (!container.awaitExit(REPORT_POLL)) {
      now = System.nanoTime();
      if (now - deadline >= 0) {
        return false;
      }
      boolean isWatched = shims.find(container.record().sandboxId()).isPresent();
      if ((!isWatched || now - reportBy >= 0) && !UnwatchedContainers.mayHaveProcesses(cgroup)) {
        return false;
      }
    }
    return true;
  }

  /** Finds out about an end that was not reported: from the shim, else from disk and kernel. */
  private void findOut(Container container) throws IOException {
    Optional<ContainerProcess> process = ShimMessages.process(shims, container);
    if (process.isPresent() && process.get().hasExit()) {
      container.exited(ShimMessages.exit(process.get().getExit()));
      return;
    }
    if (process.isPresent()) {
      container.foundRunning(process.get().getPid(), process.get().getStartedAt());
      throw doesNotEnd(container, null);
    }
    try {
      unwatched.end(container, "its shim did not tell how it ended");
    } catch (IOException e) {
      // If the container has ended, it is the record of that which failed.
      throw container.status().isExited() ? e : doesNotEnd(container, e);
    }
  }

  private IOException doesNotEnd(Container container, @Nullable IOException cause) {
    return new IOException(
        "container "
            + container.id()
            + " does not end: process "
            + container.status().pid()
            + " was killed "
            + killWait.toSeconds()
            + " s ago and is "
            + ProcessState.describe(container.status().pid()),
        cause);
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

  /**
   * Waits for the end of the grace period, which other calls may shorten.
   *
   * @return whether the container has ended meanwhile
   */
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

  /**
   * Sends a signal to the first process of a running container. A paused container gets its stop
   * signal and SIGTERM at once, because it runs on then; other signals reach it when it is
   * unpaused.
   *
   * @throws CriException UNAVAILABLE if the signal cannot be sent
   */
  public void send(Container container, int signal) {
    boolean ends = signal == container.record().stopSignal() || signal == Signals.SIGTERM;
    boolean sent = ends ? signalAndThaw(container, signal) : signal(container, signal);
    if (!sent) {
      throw new CriException(
          ErrorKind.UNAVAILABLE,
          Signals.name(signal) + " cannot be sent to container " + container.id());
    }
  }

  /**
   * A frozen process handles no signal but SIGKILL. It is thawed after the signal was sent, so that
   * it runs no instruction before it sees the signal.
   */
  private boolean signalAndThaw(Container container, int signal) {
    boolean sent = signal(container, signal);
    try {
      if (freezer.thaw(cgroups.at(container.record().cgroup()))) {
        LOG.info("container {}: unpaused, because it is being stopped", container.id());
      }
    } catch (IOException e) {
      LOG.warn("container {}: it cannot be unpaused: {}", container.id(), e.getMessage());
    }
    return sent;
  }

  /**
   * Has the shim signal the first process, and sends the signal without the shim if that fails. A
   * failure is only logged: the kill of the cgroup must follow whatever the shim does.
   *
   * @return whether the signal was sent
   */
  private boolean signal(Container container, int signal) {
    LOG.debug("container {}: {}", container.id(), Signals.name(signal));
    try {
      shims.get(container.record().sandboxId(), SHIM_WAIT).signal(container.id(), signal);
      return true;
    } catch (IOException | RuntimeException e) {
      LOG.warn(
          "container {}: {} cannot be sent by the shim: {}",
          container.id(),
          Signals.name(signal),
          e.getMessage());
      return signalDirectly(container, signal);
    }
  }

  private boolean signalDirectly(Container container, int signal) {
    try {
      return FirstProcess.signal(
          cgroups.at(container.record().cgroup()), container.status().pid(), signal);
    } catch (IOException e) {
      LOG.warn(
          "container {}: {} cannot be sent: {}",
          container.id(),
          Signals.name(signal),
          e.getMessage());
      return false;
    }
  }
}
