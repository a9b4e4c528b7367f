package io.jukung.runtime.recovery;

import io.jukung.cri.CriException;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.container.ContainerStopper;
import io.jukung.runtime.container.ShimMessages;
import io.jukung.runtime.container.UnwatchedContainers;
import io.jukung.runtime.pod.PodEvents;
import io.jukung.runtime.pod.SandboxLifecycle;
import io.jukung.runtime.pod.SandboxStopper;
import io.jukung.runtime.shim.PodShim;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StateFiles;
import io.jukung.shim.v1.ContainerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns the state of one sandbox and its containers: from what its shim holds, what exit.json says
 * and what runs in its cgroups. Thread-safe: other calls may work on the sandbox meanwhile.
 */
public final class SandboxReconciler {
  private static final Logger LOG = LoggerFactory.getLogger(SandboxReconciler.class);

  private final StateFiles files;
  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final SandboxLifecycle lifecycle;
  private final SandboxStopper stopper;
  private final ContainerStopper containerStopper;
  private final PodShim.Pool pool;
  private final PodCgroups cgroups;
  private final PodEvents events;
  private final Consumer<Container> watch;
  private final UnwatchedContainers unwatched;
  private final SleepingPods sleeping;

  /**
   * A reconciler.
   *
   * @param watch is told of each container that is taken up, to watch its process if it runs
   */
  public SandboxReconciler(
      StateFiles files,
      SandboxStore sandboxes,
      ContainerStore containers,
      SandboxLifecycle lifecycle,
      SandboxStopper stopper,
      ContainerStopper containerStopper,
      PodShim.Pool pool,
      PodCgroups cgroups,
      PodEvents events,
      Consumer<Container> watch) {
    this.files = files;
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.lifecycle = lifecycle;
    this.stopper = stopper;
    this.containerStopper = containerStopper;
    this.pool = pool;
    this.cgroups = cgroups;
    this.events = events;
    this.watch = watch;
    this.unwatched = new UnwatchedContainers(files, cgroups);
    this.sleeping = new SleepingPods(files, containers, cgroups);
  }

  /**
   * Takes up a sandbox, while the daemon serves. May be called again, after a failure or when one
   * of its containers has been read late.
   *
   * @param unread the ids of objects that are not read yet: their processes stay
   * @throws IOException if the state of the containers cannot be learnt yet
   * @throws CriException if the shim does not answer
   */
  void takeUp(Sandbox sandbox, Set<String> unread) throws IOException, InterruptedException {
    if (sandbox.record().state() == SandboxRecord.State.CREATING) {
      undo(sandbox);
      return;
    }
    for (Container container : containers.of(sandbox.id())) {
      container.tellUntold();
      if (container.status().isExited()) {
        attempt(container, () -> cgroups.remove(cgroups.at(container.record().cgroup())));
      }
      watch.accept(container);
    }
    Optional<PodShim> shim = lifecycle.findShim(sandbox.record());
    if (shim.isEmpty()) {
      learnWithoutShim(sandbox);
      return;
    }
    if (!shim.get().isConnected() && sleeping.takeUp(sandbox, shim.get())) {
      return;
    }
    Map<String, ContainerProcess> strays = learn(sandbox, shim.get());
    strays.keySet().removeAll(unread);
    for (ContainerProcess stray : strays.values()) {
      attempt("container " + stray.getContainerId(), () -> endStray(sandbox, shim.get(), stray));
    }
  }

  /**
   * Undoes a RunPodSandbox that ended with its daemon. If that fails, kubelet stops the sandbox.
   */
  private void undo(Sandbox sandbox) throws InterruptedException {
    LOG.info("sandbox {} was not finished, and is undone", sandbox.id());
    try {
      stopper.stop(sandbox);
      files.deleteSandbox(sandbox.id());
      sandboxes.remove(sandbox);
    } catch (IOException | CriException e) {
      LOG.error("sandbox {} cannot be undone, and is kept to be stopped again", sandbox.id(), e);
    }
  }

  private void learnWithoutShim(Sandbox sandbox) {
    for (Container container : containers.of(sandbox.id())) {
      if (container.status().mayRun()) {
        attempt(container, () -> withoutShim(container, "its shim is gone"));
      }
    }
    events.lost(sandbox.id());
  }

  /** Learns from the shim; returns the processes of which the daemon knows no container. */
  private Map<String, ContainerProcess> learn(Sandbox sandbox, PodShim shim) throws IOException {
    // Before the shim is asked: one that is started later is not in its answer.
    List<Container> mayRun =
        containers.of(sandbox.id()).stream().filter(each -> each.status().mayRun()).toList();
    Map<String, ContainerProcess> processes = new HashMap<>();
    for (ContainerProcess process : shim.list()) {
      processes.put(process.getContainerId(), process);
    }
    ContainerProcess reaper = processes.remove(sandbox.id());
    if (sandbox.record().config().isSharedPid() && (reaper == null || reaper.hasExit())) {
      sandbox.notReady(files);
    }
    for (Container container : mayRun) {
      if (!processes.containsKey(container.id()) && container.status().mayRun()) {
        attempt(container, () -> withoutShim(container, "its shim does not know it"));
      }
    }
    for (Container container : containers.of(sandbox.id())) {
      ContainerProcess process = processes.remove(container.id());
      if (process != null && !container.status().isExited()) {
        attempt(container, () -> follow(container, process));
      }
    }
    return processes;
  }

  private interface Step {
    void run() throws IOException;
  }

  /** Logs a failure, so that the other containers are taken up all the same. */
  private static void attempt(Object container, Step step) {
    try {
      step.run();
    } catch (IOException | CriException e) {
      LOG.error("{} cannot be taken up", container, e);
    }
  }

  /** Applies what the shim says: it knows what an earlier daemon had no time to write. */
  private void follow(Container container, ContainerProcess process) throws IOException {
    container.foundRunning(process.getPid(), process.getStartedAt());
    if (process.hasExit()) {
      events.exited(container, ShimMessages.exit(process.getExit()));
    }
  }

  /**
   * Learns the state of a container that no shim holds. If the container was started, it may have
   * ended and left its exit on disk while no daemon ran. Processes that are still there are killed.
   */
  private void withoutShim(Container container, String why) throws IOException {
    Cgroup cgroup = cgroups.at(container.record().cgroup());
    boolean started =
        Files.exists(files.paths().containerExit(container.id())) || cgroup.isPopulated();
    if (!started && container.foundNothing()) {
      cgroups.remove(cgroup);
    } else {
      unwatched.end(container, why);
    }
  }

  /** Ends a container whose record is gone, because its removal did not finish. */
  private void endStray(Sandbox sandbox, PodShim shim, ContainerProcess stray) throws IOException {
    String id = stray.getContainerId();
    LOG.warn("container {} has no record, and is ended", id);
    Cgroup cgroup = cgroups.container(sandbox.record(), id);
    cgroup.kill();
    if (stray.hasExit()) {
      shim.remove(id);
    } else {
      shim.signal(id, Signals.SIGKILL);
    }
    cgroups.remove(cgroup);
  }

  /** Ends a container whose record is damaged: nothing tells kubelet which container it is. */
  void endDamaged(Container container) throws IOException, InterruptedException {
    containerStopper.kill(container);
  }

  /** Ends a container whose sandbox's record is damaged or gone. */
  void endWithoutSandbox(Container container) throws IOException {
    unwatched.end(container, "its sandbox is gone");
  }

  /** Ends the shim of a sandbox without a record, with all it holds. */
  void endUnknownShim(String sandboxId) throws IOException, InterruptedException {
    Path socket = files.paths().shimSocket(sandboxId);
    try {
      Optional<PodShim> shim = pool.reconnect(sandboxId, socket, 0);
      if (shim.isPresent()) {
        endUnknown(shim.get());
      }
    } catch (CriException e) {
      LOG.warn("{}", e.getMessage());
      pool.kill(sandboxId, socket, 0);
    }
  }

  private static void endUnknown(PodShim shim) throws IOException, InterruptedException {
    try {
      for (ContainerProcess process : shim.list()) {
        if (!process.hasExit()) {
          shim.signal(process.getContainerId(), Signals.SIGKILL);
        }
      }
      SandboxLifecycle.awaitEnded(shim);
      shim.shutdown();
    } catch (CriException e) {
      // The shim hangs. The sweep of the pod's cgroup kills its processes.
      LOG.warn("{}", e.getMessage());
      shim.kill();
    }
  }
}
