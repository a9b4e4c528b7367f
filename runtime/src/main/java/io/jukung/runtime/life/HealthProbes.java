package io.jukung.runtime.life;

import com.google.protobuf.ByteString;
import io.jukung.cri.CriException;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.ExecSyncResponse;
import io.jukung.runtime.call.Clock;
import io.jukung.runtime.cgroup.Freezer;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.own.ContainerOptions;
import io.jukung.runtime.own.HealthCheck;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.ChangeListener;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStatusRecord;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.LogNames;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxStore;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns the health of jukung's own containers that have a {@link HealthCheck}, by running its
 * command again and again while they run. What is known is in memory: a daemon that starts begins
 * again. Thread-safe.
 */
public final class HealthProbes implements ChangeListener {
  private static final Logger LOG = LoggerFactory.getLogger(HealthProbes.class);

  /** As much of a probe's output as docker keeps. */
  private static final int MAX_OUTPUT_BYTES = 4096;

  /** Runs a command in a container, as ExecSync does. */
  @FunctionalInterface
  public interface Runner {
    /**
     * Runs the command.
     *
     * @throws CriException if it could not be run, or not to its end
     */
    ExecSyncResponse run(ExecSyncRequest request) throws IOException, InterruptedException;
  }

  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final PodCgroups cgroups;
  private final Runner runner;
  private final Map<String, Watch> watches = new ConcurrentHashMap<>();
  private volatile boolean serves;

  public HealthProbes(
      SandboxStore sandboxes, ContainerStore containers, PodCgroups cgroups, Runner runner) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.cgroups = cgroups;
    this.runner = runner;
  }

  /** Begins with the containers that run. To be called when the pods are taken up. */
  public void begin() {
    serves = true;
    containers.all().forEach(this::watch);
  }

  @Override
  public void changed(Container container, Change change) {
    switch (change) {
      case STARTED -> {
        if (serves) {
          watch(container);
        }
      }
      case STOPPED, DELETED -> forget(container.id());
      case CREATED -> {}
    }
  }

  @Override
  public void changed(Sandbox sandbox, Change change) {
    // Health is that of a container.
  }

  /** What is known of the container's health; empty if it has no check or does not run. */
  Optional<HealthState> of(Container container) {
    return Optional.ofNullable(watches.get(container.id())).map(watch -> watch.state);
  }

  private void watch(Container container) {
    Optional<HealthCheck> check = check(container);
    if (check.isEmpty() || !container.status().isRunning()) {
      return;
    }
    long startedAt = container.status().startedAt();
    var _ =
        watches.compute(
            container.id(),
            (_, known) -> {
              if (known != null && known.startedAt == startedAt) {
                return known; // told again
              }
              if (known != null) {
                known.thread.interrupt();
              }
              Watch watch = new Watch(container, check.get(), startedAt);
              watch.thread.start();
              return watch;
            });
  }

  private void forget(String id) {
    Watch known = watches.remove(id);
    if (known != null) {
      known.thread.interrupt();
    }
  }

  private Optional<HealthCheck> check(Container container) {
    Optional<Sandbox> sandbox =
        sandboxes
            .find(container.record().sandboxId())
            .filter(each -> OwnContainers.isOwn(each.record()));
    if (sandbox.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.ofNullable(
          ContainerOptions.of(sandbox.get().record(), container.record().annotations()).health());
    } catch (CriException e) {
      LOG.warn("container {}: {}", container.id(), e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * One run of a container that is probed. It ends by itself when the run has ended: the container
   * may end while {@link #begin} looks at it, and then nobody forgets it.
   */
  private final class Watch {
    private final Container container;
    private final HealthCheck check;
    private final long startedAt;
    private final Thread thread;
    private volatile HealthState state = HealthState.starting();

    Watch(Container container, HealthCheck check, long startedAt) {
      this.container = container;
      this.check = check;
      this.startedAt = startedAt;
      this.thread = Thread.ofVirtual().name("health of " + container.id()).unstarted(this::run);
    }

    private void run() {
      try {
        while (!Thread.interrupted()) {
          Thread.sleep(Duration.ofNanos(isStarting() ? check.startInterval() : check.interval()));
          ContainerStatusRecord status = container.status();
          if (!status.mayRun() || status.startedAt() != startedAt) {
            watches.remove(container.id(), this);
            return;
          }
          if (status.isRunning() && !Freezer.isFrozen(cgroups.at(container.record().cgroup()))) {
            probe();
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (IOException | RuntimeException e) {
        LOG.warn(
            "container {}: its health is not checked any more: {}",
            LogNames.container(container.record()),
            e.getMessage());
      }
    }

    /** Whether the start period lasts, and no probe has succeeded yet. */
    private boolean isStarting() {
      return state.status() == HealthState.Status.STARTING
          && Clock.now() - startedAt < check.startPeriod();
    }

    private void probe() throws InterruptedException {
      boolean counts = !isStarting();
      long start = Clock.now();
      ExecSyncRequest request =
          ExecSyncRequest.newBuilder()
              .setContainerId(container.id())
              .addAllCmd(check.command())
              .setTimeout(seconds(check.timeout()))
              .build();
      int exitCode = -1;
      String output;
      try {
        ExecSyncResponse response = runner.run(request);
        exitCode = response.getExitCode();
        output = beginning(response.getStdout().concat(response.getStderr()));
      } catch (IOException | CriException e) {
        output = String.valueOf(e.getMessage());
      }
      HealthState before = state;
      HealthState after =
          before.after(
              new HealthState.Probe(start, Clock.now(), exitCode, output), counts, check.retries());
      state = after;
      if (before.status() != after.status()) {
        LOG.info("container {} is {}", LogNames.container(container.record()), after.status());
      }
    }
  }

  /** ExecSync has whole seconds; a part of one counts as one. */
  private static long seconds(long nanos) {
    return Math.max(1, Duration.ofNanos(nanos).plusMillis(999).toSeconds());
  }

  private static String beginning(ByteString output) {
    return output.substring(0, Math.min(output.size(), MAX_OUTPUT_BYTES)).toStringUtf8();
  }
}
