package io.jukung.runtime.pod;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.mount.Mounts;
import io.jukung.runtime.call.Rollback;
import io.jukung.runtime.call.SideTask;
import io.jukung.runtime.call.SingleFlight;
import io.jukung.runtime.call.StepTimer;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.launch.CompiledLaunch;
import io.jukung.runtime.launch.LaunchCompiler;
import io.jukung.runtime.shim.PodShim;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.spec.PodNamespaces;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.StateFiles;
import io.jukung.runtime.store.StatePaths;
import io.jukung.shim.v1.StartContainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes what a sandbox consists of, and takes it down in the opposite order. Thread-safe; callers
 * make one call at a time for one sandbox.
 */
public final class SandboxLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(SandboxLifecycle.class);

  private static final Duration POLL_INTERVAL = Duration.ofMillis(1);

  private final StateFiles files;
  private final PodHost host;
  private final PodShim.Pool pool;
  private final PodShims shims;
  private final PodCgroups cgroups;
  private final LaunchCompiler compiler;
  private final PodNamespaces namespaces;
  private final SingleFlight<String, String, Optional<PodShim>> connecting =
      new SingleFlight<>("connect to shim");

  public SandboxLifecycle(
      StateFiles files,
      PodHost host,
      PodShim.Pool pool,
      PodShims shims,
      PodCgroups cgroups,
      LaunchCompiler compiler) {
    this.files = files;
    this.host = host;
    this.pool = pool;
    this.shims = shims;
    this.cgroups = cgroups;
    this.compiler = compiler;
    this.namespaces = new PodNamespaces(files.paths());
  }

  /**
   * Makes everything that the sandbox consists of, and registers how to undo each step.
   *
   * @param progress is told of each step before it is made
   * @return the READY record with what was learnt. It is on disk
   */
  public SandboxRecord setUp(SandboxRecord sandbox, Rollback rollback, Consumer<String> progress)
      throws IOException, InterruptedException {
    String id = sandbox.id();
    StepTimer timer = new StepTimer("RunPodSandbox", id);
    rollback.undo("delete volatile state", () -> deleteState(id, rollback.isClean()));
    StatePaths.createPrivate(files.paths().sandboxState(id));
    StatePaths.createPrivate(files.paths().namespaces(id));

    SideTask<Boolean> settled =
        SideTask.start("record of sandbox " + id, () -> files.settleSandbox(id));
    // The pod gets its shim while the kernel and the network plugins make the rest.
    SideTask<PodShim> adoption = SideTask.start("adoption of a shim for " + id, () -> adopt(id));
    rollback.undo("end shim", () -> endShim(sandbox, adoption));

    progress.accept("namespaces");
    rollback.undo("remove namespaces", () -> host.removeNamespaces(id));
    host.createNamespaces(sandbox);
    timer.step("namespaces");

    SandboxRecord current = sandbox;
    if (!sandbox.config().isHostNetwork()) {
      progress.accept("disk");
      settled.join();
      timer.step("disk");
      progress.accept("network");
      // Registered before ADD: a failed ADD may already hold an address.
      rollback.undo("tear down network", () -> host.tearDownNetwork(sandbox));
      current = host.setUpNetwork(sandbox);
      timer.step("network");
    }
    progress.accept("files");
    host.writeFiles(current);
    timer.step("files");

    progress.accept("shim");
    PodShim shim = adoption.join();
    current = current.withShimPid(shim.shimPid());
    timer.step("shim");

    progress.accept("cgroups");
    rollback.undo("remove cgroups", () -> removeCgroups(sandbox));
    cgroups.limitPod(sandbox, rollback);
    if (sandbox.config().isSharedPid()) {
      progress.accept("pid namespace");
      rollback.undo("unpin pid namespace", () -> unpinPidNamespace(id));
      startReaper(sandbox, shim);
      timer.step("pid namespace");
    }
    settled.join();
    timer.step("disk");
    current = current.ready();
    files.writeSandbox(current);
    timer.step("record");
    timer.done();
    return current;
  }

  private PodShim adopt(String id) throws IOException {
    PodShim shim = pool.adopt(id, files.paths().shimSocket(id));
    if (!shims.add(id, shim)) {
      throw new CriException(
          ErrorKind.UNAVAILABLE, "the shim of sandbox " + id + " died when it was adopted");
    }
    return shim;
  }

  /** Ends the shim of a sandbox that could not be made, after its adoption. */
  private void endShim(SandboxRecord sandbox, SideTask<PodShim> adoption)
      throws IOException, InterruptedException {
    try {
      var _ = adoption.join();
    } catch (IOException | RuntimeException e) {
      LOG.debug("sandbox {}: {}", sandbox.id(), e.getMessage()); // setUp reports it
    }
    endShim(sandbox);
  }

  /**
   * Takes down what a sandbox without running containers still has. Every step is tried. A failure
   * names the steps that failed; another call tries them again.
   */
  public void tearDown(SandboxRecord sandbox) throws IOException {
    String id = sandbox.id();
    try (Attempts attempts = new Attempts("stop of sandbox " + id)) {
      attempts.run("end shim", () -> endShim(sandbox));
      attempts.run("unpin pid namespace", () -> unpinPidNamespace(id));
      if (sandbox.networkSetUp()) {
        // After a reboot there is no network namespace, but the plugins still hold addresses.
        attempts.run("tear down network", () -> host.tearDownNetwork(sandbox));
      }
      attempts.run("remove namespaces", () -> host.removeNamespaces(id));
      attempts.run("remove cgroups", () -> removeCgroups(sandbox));
      attempts.run("delete volatile state", () -> deleteState(id, attempts.isClean()));
    }
  }

  /** Deletes the directory only if nothing is mounted in it; otherwise the next stop does. */
  private void deleteState(String id, boolean unmounted) throws IOException {
    if (unmounted) {
      files.deleteSandboxState(id);
    }
  }

  /**
   * Returns the shim of the sandbox, connecting to it if that has not happened yet: to the shim
   * that an earlier daemon has adopted, also if it could not be reached when the daemon started.
   * Several threads may call this for one sandbox.
   *
   * @return empty if the shim is gone
   */
  public Optional<PodShim> findShim(SandboxRecord sandbox)
      throws IOException, InterruptedException {
    Optional<PodShim> known = shims.find(sandbox.id());
    return known.isPresent()
        ? known
        : connecting.join(sandbox.id(), sandbox.id(), () -> connect(sandbox));
  }

  private Optional<PodShim> connect(SandboxRecord sandbox) throws IOException {
    String id = sandbox.id();
    Optional<PodShim> known = shims.find(id); // an attempt before this one may have connected
    return known.isPresent()
        ? known
        : pool.reconnect(id, files.paths().shimSocket(id), sandbox.shimPid())
            .filter(shim -> shims.add(id, shim));
  }

  /**
   * Makes sure that the sandbox still has a shim.
   *
   * @throws CriException UNAVAILABLE if the shim has died
   */
  public void requireShim(String sandboxId) {
    shims.get(sandboxId);
  }

  /**
   * Waits, for a bounded time, until a sandbox of an earlier daemon is taken up, or undone if that
   * daemon has not finished it.
   */
  public void awaitTakeUp(String sandboxId) throws InterruptedException {
    shims.awaitTakeUp(sandboxId);
  }

  /** Ends first the process that holds the pid namespace: a shim with a process does not end. */
  private void endShim(SandboxRecord sandbox) throws IOException, InterruptedException {
    cgroups.reaper(sandbox).kill();
    Optional<PodShim> shim = reachShim(sandbox);
    if (shim.isPresent()) {
      release(sandbox, shim.get());
      // Not earlier: the next stop must find a shim that refused to end.
      shims.remove(sandbox.id());
    }
  }

  /** Kills the shim, although a launch may be under way in it. Its containers are left alone. */
  public void killShim(SandboxRecord sandbox) throws IOException, InterruptedException {
    Optional<PodShim> shim = reachShim(sandbox);
    if (shim.isPresent()) {
      shim.get().kill();
      shims.remove(sandbox.id());
    }
  }

  /** Finds the shim, and kills one that accepts no connection. */
  private Optional<PodShim> reachShim(SandboxRecord sandbox)
      throws IOException, InterruptedException {
    try {
      return findShim(sandbox);
    } catch (CriException e) {
      LOG.warn("sandbox {}: its shim cannot be reached: {}", sandbox.id(), e.getMessage());
      pool.kill(sandbox.id(), files.paths().shimSocket(sandbox.id()), sandbox.shimPid());
      return Optional.empty();
    }
  }

  private void release(SandboxRecord sandbox, PodShim shim)
      throws IOException, InterruptedException {
    try {
      awaitEnded(shim);
    } catch (CriException e) {
      // The shim died or hangs. Its processes are killed by the removal of their cgroups.
      LOG.warn("sandbox {}: its processes cannot be waited for: {}", sandbox.id(), e.getMessage());
    }
    pool.release(shim);
  }

  /** Waits until every process of the pod, all of which were killed, has ended. */
  public static void awaitEnded(PodShim shim) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PodCgroups.REMOVE_WAIT.toNanos();
    while (shim.list().stream().anyMatch(each -> !each.hasExit())) {
      if (System.nanoTime() - deadline >= 0) {
        throw new IOException("a killed process of the pod does not end");
      }
      Thread.sleep(POLL_INTERVAL);
    }
  }

  private void removeCgroups(SandboxRecord sandbox) throws IOException {
    cgroups.remove(cgroups.reaper(sandbox));
    cgroups.removeEmptyParents(sandbox);
  }

  private void startReaper(SandboxRecord sandbox, PodShim shim) throws IOException {
    String id = sandbox.id();
    Cgroup cgroup = cgroups.reaper(sandbox);
    cgroups.create(cgroup);
    CompiledLaunch launch =
        compiler.reaper(
            namespaces.of(sandbox), Optional.ofNullable(sandbox.config().user()), cgroup.path());
    PodShim.Started reaper =
        shim.start(
            StartContainer.newBuilder()
                .setContainerId(id)
                .setPlan(launch.toPlan())
                .setStateDirectory(files.paths().sandboxState(id).toString())
                .build());
    Path pin = files.paths().namespace(id, "pid");
    Files.createFile(pin);
    try (Fd namespace = Mounts.clone(Path.of("/proc", Integer.toString(reaper.pid()), "ns/pid"))) {
      Mounts.attach(namespace, pin);
    }
    LOG.debug("sandbox {}: pid namespace held by process {}", id, reaper.pid());
  }

  private void unpinPidNamespace(String id) throws IOException {
    Path pin = files.paths().namespace(id, "pid");
    while (Mounts.detach(pin)) {
      // An interrupted attempt may have left more than one mount.
    }
    Files.deleteIfExists(pin);
  }

  /** Runs several steps, whichever fail, and throws the failures as one exception. */
  private static final class Attempts implements AutoCloseable {
    private final String what;
    private final List<Exception> failures = new ArrayList<>();

    Attempts(String what) {
      this.what = what;
    }

    void run(String step, Rollback.Undo attempt) {
      try {
        attempt.run();
      } catch (Exception e) {
        if (e instanceof InterruptedException) {
          Thread.currentThread().interrupt();
        }
        failures.add(new IOException(step + ": " + e.getMessage(), e));
      }
    }

    boolean isClean() {
      return failures.isEmpty();
    }

    @Override
    public void close() throws IOException {
      if (isClean()) {
        return;
      }
      IOException all = new IOException(what + ": " + failures.getFirst().getMessage());
      failures.forEach(all::addSuppressed);
      throw all;
    }
  }
}
