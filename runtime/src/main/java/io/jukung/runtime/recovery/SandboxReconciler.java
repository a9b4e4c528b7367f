package io.jukung.runtime.recovery;

import io.jukung.cri.CriException;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.container.ShimMessages;
import io.jukung.runtime.container.UnwatchedContainers;
import io.jukung.runtime.pod.PodEvents;
import io.jukung.runtime.pod.SandboxLifecycle;
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
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns the state of one sandbox and its containers: from what its shim holds, what exit.json says
 * and what runs in its cgroups. Containers are UNKNOWN until that is done.
 */
public final class SandboxReconciler {
  private static final Logger LOG = LoggerFactory.getLogger(SandboxReconciler.class);

  private final StateFiles files;
  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final SandboxLifecycle lifecycle;
  private final PodShim.Pool pool;
  private final PodCgroups cgroups;
  private final PodEvents events;
  private final UnwatchedContainers unwatched;

  public SandboxReconciler(
      StateFiles files,
      SandboxStore sandboxes,
      ContainerStore containers,
      SandboxLifecycle lifecycle,
      PodShim.Pool pool,
      PodCgroups cgroups,
      PodEvents events) {
    this.files = files;
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.lifecycle = lifecycle;
    this.pool = pool;
    this.cgroups = cgroups;
    this.events = events;
    this.unwatched = new UnwatchedContainers(files, cgroups);
  }

  /**
   * Takes up a sandbox when the daemon starts. Nothing else works on the sandbox meanwhile.
   *
   * @param unread the ids of containers whose record was not read: their processes stay
   */
  void reconcile(Sandbox sandbox, Set<String> unread) throws IOException {
    if (sandbox.record().state() == SandboxRecord.State.CREATING) {
      undo(sandbox);
      return;
    }
    for (Container container : containers.of(sandbox.id())) {
      if (container.status().isExited()) {
        attempt(container, () -> cgroups.remove(cgroups.at(container.record().cgroup())));
      }
    }
    Optional<PodShim> shim = lifecycle.findShim(sandbox.record());
    if (shim.isEmpty()) {
      learnWithoutShim(sandbox);
      return;
    }
    Map<String, ContainerProcess> strays = learn(sandbox, shim.get());
    strays.keySet().removeAll(unread);
    for (String stray : strays.keySet()) {
      attempt("container " + stray, () -> endStray(sandbox, shim.get(), stray));
    }
  }

  /** Learns what is UNKNOWN yet, while the daemon serves and the sandbox stays. */
  void learn(Sandbox sandbox) throws IOException {
    Optional<PodShim> shim = lifecycle.findShim(sandbox.record());
    if (shim.isPresent()) {
      learn(sandbox, shim.get());
    } else {
      learnWithoutShim(sandbox);
    }
  }

  /** Undoes a RunPodSandbox that ended with its daemon. */
  private void undo(Sandbox sandbox) throws IOException {
    LOG.info("sandbox {} was not finished, and is undone", sandbox.id());
    try {
      lifecycle.tearDown(sandbox.record());
    } catch (IOException e) {
      sandbox.notReady(files);
      throw e;
    }
    files.deleteSandbox(sandbox.id());
    sandboxes.remove(sandbox);
  }

  private void learnWithoutShim(Sandbox sandbox) {
    for (Container container : containers.of(sandbox.id())) {
      if (container.status().isUnknown()) {
        attempt(container, () -> withoutShim(container, "its shim is gone"));
      }
    }
    events.lost(sandbox.id());
  }

  /** Learns from the shim; returns the processes of which the daemon knows no container. */
  private Map<String, ContainerProcess> learn(Sandbox sandbox, PodShim shim) throws IOException {
    Map<String, ContainerProcess> processes = new HashMap<>();
    for (ContainerProcess process : shim.list()) {
      processes.put(process.getContainerId(), process);
    }
    ContainerProcess reaper = processes.remove(sandbox.id());
    if (sandbox.record().config().isSharedPid() && (reaper == null || reaper.hasExit())) {
      sandbox.notReady(files);
    }
    for (Container container : containers.of(sandbox.id())) {
      ContainerProcess process = processes.remove(container.id());
      if (!container.status().isUnknown()) {
        continue; // EXITED, or its exit was reported meanwhile
      }
      if (process == null) {
        attempt(container, () -> withoutShim(container, "its shim does not know it"));
      } else {
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
  private void endStray(Sandbox sandbox, PodShim shim, String id) throws IOException {
    LOG.warn("container {} has no record, and is ended", id);
    Cgroup cgroup = cgroups.container(sandbox.record(), id);
    cgroup.kill();
    shim.signal(id, Signals.SIGKILL);
    cgroups.remove(cgroup);
  }

  /** Ends a container whose sandbox's record is damaged or gone. */
  void endWithoutSandbox(Container container) throws IOException {
    unwatched.end(container, "its sandbox is gone");
  }

  /** Ends the shim of a sandbox without a record, with all it holds. */
  void endUnknownShim(String sandboxId) throws IOException, InterruptedException {
    Optional<PodShim> shim = pool.reconnect(sandboxId, files.paths().shimSocket(sandboxId), 0);
    if (shim.isEmpty()) {
      return;
    }
    try {
      for (ContainerProcess process : shim.get().list()) {
        if (!process.hasExit()) {
          shim.get().signal(process.getContainerId(), Signals.SIGKILL);
        }
      }
      SandboxLifecycle.awaitEnded(shim.get());
    } catch (CriException e) {
      // The shim hangs. The sweep of the pod's cgroup kills its processes.
      LOG.warn("{}", e.getMessage());
    }
    shim.get().shutdown();
  }
}
