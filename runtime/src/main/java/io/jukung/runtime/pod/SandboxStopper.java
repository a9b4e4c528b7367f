package io.jukung.runtime.pod;

import io.jukung.runtime.call.Clock;
import io.jukung.runtime.call.Failures;
import io.jukung.runtime.call.SingleFlight;
import io.jukung.runtime.call.StepTimer;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.container.ContainerStopper;
import io.jukung.runtime.container.LifecyclePlugins;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.LogNames;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops sandboxes: kills their containers and takes down what the host holds for them. What cannot
 * be taken down stays on record, and the next stop tries again. Thread-safe.
 */
public final class SandboxStopper {
  private static final Logger LOG = LoggerFactory.getLogger(SandboxStopper.class);

  /**
   * Longer than a creation or a start takes, unless a volume, the disk or a launch hangs. Kubelet
   * waits two minutes for a stop.
   */
  private static final Duration OPERATIONS_WAIT = Duration.ofSeconds(10);

  private final ContainerStore containers;
  private final StateFiles files;
  private final SandboxLifecycle lifecycle;
  private final ContainerStopper stopper;
  private final PodCgroups cgroups;
  private final LifecyclePlugins plugins;
  private final Duration operationsWait;
  private final SingleFlight<String, String, String> flights = new SingleFlight<>("StopPodSandbox");

  public SandboxStopper(
      ContainerStore containers,
      StateFiles files,
      SandboxLifecycle lifecycle,
      ContainerStopper stopper,
      PodCgroups cgroups,
      LifecyclePlugins plugins) {
    this(containers, files, lifecycle, stopper, cgroups, plugins, OPERATIONS_WAIT);
  }

  /**
   * A stopper for tests.
   *
   * @param operationsWait how long a stop waits for creations and starts in the sandbox
   */
  public SandboxStopper(
      ContainerStore containers,
      StateFiles files,
      SandboxLifecycle lifecycle,
      ContainerStopper stopper,
      PodCgroups cgroups,
      LifecyclePlugins plugins,
      Duration operationsWait) {
    this.containers = containers;
    this.files = files;
    this.lifecycle = lifecycle;
    this.stopper = stopper;
    this.cgroups = cgroups;
    this.plugins = plugins;
    this.operationsWait = operationsWait;
  }

  /** Stops the sandbox. Stopping a stopped sandbox tries again what has failed before. */
  public void stop(Sandbox sandbox) throws IOException, InterruptedException {
    flights.join(sandbox.id(), sandbox.id(), () -> run(sandbox));
  }

  /** Stops the sandbox, unless a stop by this daemon has left nothing to be done. */
  public void ensureStopped(Sandbox sandbox) throws IOException, InterruptedException {
    if (!sandbox.isTakenDown()) {
      stop(sandbox);
    }
  }

  /** Forgets a stop that has succeeded, because the sandbox is made again. */
  public void forget(Sandbox sandbox) {
    flights.forget(sandbox.id());
  }

  private String run(Sandbox sandbox) throws IOException, InterruptedException {
    String id = sandbox.id();
    StepTimer timer = new StepTimer("StopPodSandbox", id);
    boolean wasReady = sandbox.isReady();
    refuseOperations(sandbox);
    killContainers(id);
    boolean givenUp = !sandbox.awaitOperations(operationsWait) && giveUpOperations(sandbox);
    killContainers(id); // what was started meanwhile
    timer.step("containers");
    if (givenUp) {
      lifecycle.killShim(sandbox.record()); // a launch may hang in it
      removeContainerCgroups(id);
    }
    tellPlugins(sandbox);
    lifecycle.tearDown(sandbox.record());
    sandbox.update(files, SandboxRecord::tornDown);
    if (!givenUp) { // what was given up may still hold something, until it has undone itself
      sandbox.noteTakenDown();
    }
    timer.step("host");
    timer.done();
    if (wasReady) {
      LOG.info("pod {} stopped", LogNames.pod(sandbox.record()));
    }
    return id;
  }

  private void tellPlugins(Sandbox sandbox) {
    for (Container container : containers.of(sandbox.id())) {
      plugins.containerStopped(container);
    }
    plugins.stopPodSandbox(sandbox.record());
  }

  /**
   * Stops without creations and starts that do not end. They undo what they have made when they
   * end.
   *
   * @return whether there was one
   */
  private boolean giveUpOperations(Sandbox sandbox) throws IOException {
    List<String> operations = sandbox.giveUpOperations();
    if (operations.isEmpty()) {
      return false; // the last one has ended meanwhile
    }
    LOG.warn(
        "sandbox {} is stopped without the end of {}, which has not come for {} s",
        sandbox.id(),
        operations,
        operationsWait.toSeconds());
    for (Container container : containers.of(sandbox.id())) {
      container.giveUpStart(
          Clock.now(), "its sandbox was stopped before the start of the container ended");
    }
    return true;
  }

  /** Kills what a launch has made between the last kill and the end of the shim. */
  private void removeContainerCgroups(String sandboxId) throws IOException {
    for (Container container : containers.of(sandboxId)) {
      cgroups.remove(cgroups.at(container.record().cgroup()));
    }
  }

  private void refuseOperations(Sandbox sandbox) {
    try {
      sandbox.notReady(files);
    } catch (IOException e) {
      // The containers are killed all the same. The end of the stop writes the record again.
      LOG.error("sandbox {}: NOT_READY cannot be recorded", sandbox.id(), e);
    }
  }

  /** Kills all containers at once, so that one that hangs does not keep the others alive. */
  private void killContainers(String sandboxId) throws IOException, InterruptedException {
    List<FutureTask<String>> kills = new ArrayList<>();
    for (Container container : containers.of(sandboxId)) {
      if (container.status().mayRun()) {
        Callable<String> kill =
            () -> {
              stopper.kill(container);
              cgroups.remove(cgroups.at(container.record().cgroup()));
              return container.id();
            };
        FutureTask<String> task = new FutureTask<>(kill);
        kills.add(task);
        Thread.ofVirtual().name("kill " + container.id()).start(task);
      }
    }
    IOException failure = null;
    for (FutureTask<String> kill : kills) {
      try {
        kill.get();
      } catch (ExecutionException e) {
        Throwable cause = Failures.cause(e);
        if (failure == null) {
          failure = new IOException(String.valueOf(cause.getMessage()), cause);
        } else {
          failure.addSuppressed(cause);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
