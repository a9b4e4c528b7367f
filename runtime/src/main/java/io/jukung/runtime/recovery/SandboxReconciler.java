package io.jukung.runtime.recovery;

import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.call.Clock;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.pod.PodEvents;
import io.jukung.runtime.pod.SandboxLifecycle;
import io.jukung.runtime.shim.PodShim;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.ExitRecord;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StateFiles;
import io.jukung.shim.v1.ContainerExited;
import io.jukung.shim.v1.ContainerProcess;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the state of one sandbox and its containers that of the world: what its shim holds, what
 * exit.json says, what runs in its cgroups. Nothing else works on the sandbox meanwhile.
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

  /** Works with these. */
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
  }

  void reconcile(Sandbox sandbox) throws IOException {
    Optional<PodShim> shim = lifecycle.reconnect(sandbox.record());
    if (sandbox.record().state() == SandboxRecord.State.CREATING) {
      undo(sandbox);
    } else if (shim.isPresent()) {
      takeUp(sandbox, shim.get());
    } else {
      for (Container container : containers.of(sandbox.id())) {
        withoutShim(container);
      }
      events.lost(sandbox.id());
    }
  }

  /** A RunPodSandbox that its daemon did not live to finish, or to undo. */
  private void undo(Sandbox sandbox) throws IOException {
    LOG.info("sandbox {} was not finished, and is undone", sandbox.id());
    try {
      lifecycle.tearDown(sandbox.record());
    } catch (IOException e) {
      sandbox.update(files, record -> record.withState(SandboxRecord.State.NOT_READY));
      throw e;
    }
    files.deleteSandbox(sandbox.id());
    sandboxes.remove(sandbox);
  }

  private void takeUp(Sandbox sandbox, PodShim shim) throws IOException {
    Map<String, ContainerProcess> processes = new HashMap<>();
    for (ContainerProcess process : shim.list()) {
      processes.put(process.getContainerId(), process);
    }
    ContainerProcess reaper = processes.remove(sandbox.id());
    if (sandbox.record().config().isSharedPid() && (reaper == null || reaper.hasExit())) {
      sandbox.update(files, record -> record.withState(SandboxRecord.State.NOT_READY));
    }
    for (Container container : containers.of(sandbox.id())) {
      ContainerProcess process = processes.remove(container.id());
      if (process == null) {
        withoutShim(container);
        if (container.status().isRunning()) {
          container.lost(now(), "its shim does not know it");
        }
      } else {
        follow(container, process);
      }
    }
    for (ContainerProcess stray : processes.values()) {
      endStray(sandbox, shim, stray);
    }
  }

  /** The shim's word counts: it has seen what the daemon before us had no time to write down. */
  private void follow(Container container, ContainerProcess process) throws IOException {
    if (container.status().isCreated()) {
      container.beginStart();
      container.started(process.getPid(), process.getStartedAt());
    }
    if (process.hasExit()) {
      ContainerExited exit = process.getExit();
      events.exited(
          container,
          new Container.Exit(exit.getExitCode(), exit.getFinishedAt(), exit.getOomKilled()));
    }
  }

  /**
   * Nobody holds the container. Where it ran, it may have ended while no daemon was there and left
   * its exit on disk, or its processes are still there, unwatched: these end.
   */
  private void withoutShim(Container container) throws IOException {
    Cgroup cgroup = cgroups.at(container.record().cgroup());
    Optional<ExitRecord> exit = files.readExit(container.id());
    if (container.status().isCreated() && (exit.isPresent() || cgroup.isPopulated())) {
      container.beginStart();
      container.started(0, exit.map(ExitRecord::finishedAt).orElse(now()));
    }
    if (container.status().isRunning() && exit.isPresent()) {
      events.exited(
          container,
          new Container.Exit(
              exit.get().exitCode(), exit.get().finishedAt(), exit.get().oomKilled()));
    }
    cgroups.remove(cgroup);
  }

  /** A container whose record is gone: its removal did not finish. */
  private void endStray(Sandbox sandbox, PodShim shim, ContainerProcess stray) throws IOException {
    String id = stray.getContainerId();
    LOG.warn("container {} has no record, and is ended", id);
    shim.signal(id, Signals.SIGKILL);
    cgroups.remove(cgroups.container(sandbox.record(), id));
  }

  /** A container whose sandbox's record could not be read, or is gone. */
  void endWithoutSandbox(Container container) throws IOException {
    withoutShim(container);
    container.lost(now(), "its sandbox is gone");
  }

  /** The shim of a sandbox without a record. */
  void endUnknownShim(String sandboxId) throws IOException, InterruptedException {
    Optional<PodShim> shim = pool.reconnect(sandboxId, files.paths().shimSocket(sandboxId), 0);
    if (shim.isEmpty()) {
      return;
    }
    for (ContainerProcess process : shim.get().list()) {
      if (!process.hasExit()) {
        shim.get().signal(process.getContainerId(), Signals.SIGKILL);
      }
    }
    SandboxLifecycle.awaitEnded(shim.get());
    shim.get().shutdown();
  }

  private static long now() {
    return Clock.now();
  }
}
