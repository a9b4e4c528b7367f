package io.jukung.runtime.life;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.call.Clock;
import io.jukung.runtime.call.PathWork;
import io.jukung.runtime.call.SideTask;
import io.jukung.runtime.call.SingleFlight;
import io.jukung.runtime.call.StepTimer;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.checkpoint.Restores;
import io.jukung.runtime.container.ContainerSpecs;
import io.jukung.runtime.container.LifecyclePlugins;
import io.jukung.runtime.container.ShimMessages;
import io.jukung.runtime.container.TargetContainer;
import io.jukung.runtime.container.UnwatchedContainers;
import io.jukung.runtime.handler.OciContainers;
import io.jukung.runtime.handler.OciHandler;
import io.jukung.runtime.hook.ContainerHooks;
import io.jukung.runtime.hook.StartHooks;
import io.jukung.runtime.launch.CompiledLaunch;
import io.jukung.runtime.launch.LaunchCompiler;
import io.jukung.runtime.launch.Overlay;
import io.jukung.runtime.shim.PodShim;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.spec.ResourceRecords;
import io.jukung.runtime.spec.ResourceRules;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.spec.SpecBuilder;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.LogNames;
import io.jukung.runtime.store.NamespaceOwner;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StateFiles;
import io.jukung.runtime.volume.Volumes;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.LaunchPlan;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts CREATED containers. If the start fails the container is EXITED, and the message of its
 * status names the step of the launch that failed. Several calls for one container share one start.
 * Thread-safe.
 */
public final class ContainerStarter {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerStarter.class);

  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final StateFiles files;
  private final ContainerSpecs specs;
  private final PodShims shims;
  private final PodCgroups cgroups;
  private final LaunchCompiler compiler;
  private final Volumes volumes;
  private final PathWork pathWork;
  private final LifecyclePlugins plugins;
  private final LogPolicy logs;
  private final ContainerHooks hooks;
  private final OciContainers runtimes;
  private final Restores restores;
  private final SingleFlight<String, String, Container> flights =
      new SingleFlight<>("StartContainer");

  public ContainerStarter(
      SandboxStore sandboxes,
      ContainerStore containers,
      StateFiles files,
      ContainerSpecs specs,
      PodShims shims,
      PodCgroups cgroups,
      LaunchCompiler compiler,
      Volumes volumes,
      PathWork pathWork,
      LifecyclePlugins plugins,
      LogPolicy logs,
      ContainerHooks hooks,
      OciContainers runtimes,
      Restores restores) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.files = files;
    this.specs = specs;
    this.shims = shims;
    this.cgroups = cgroups;
    this.compiler = compiler;
    this.volumes = volumes;
    this.pathWork = pathWork;
    this.plugins = plugins;
    this.logs = logs;
    this.hooks = hooks;
    this.runtimes = runtimes;
    this.restores = restores;
  }

  /**
   * Starts the container.
   *
   * @throws CriException FAILED_PRECONDITION if it is not CREATED, or its sandbox is not READY
   */
  public void start(Container container) throws IOException, InterruptedException {
    flights.join(container.id(), container.id(), () -> run(container));
  }

  /** Forgets the start that has succeeded, so that the container can be started once more. */
  void forget(Container container) {
    flights.forget(container.id());
  }

  private Container run(Container container) throws IOException {
    StepTimer timer = new StepTimer("StartContainer", container.id());
    Sandbox sandbox = sandboxes.get(container.record().sandboxId());
    if (sandbox.isReady()) {
      shims.get(sandbox.id()); // the take-up of the pod may find that the container was started
    }
    try (LifecyclePlugins.Step _ = plugins.begin(container.id());
        Sandbox.Operation _ = sandbox.begin("StartContainer " + container.id());
        Container.Start start = container.beginStart()) {
      try (Volumes.Start _ = mountVolumes(container)) {
        plugins.startContainer(container);
        PodShim.Started started = launch(container, timer);
        record(container, start, started);
        restores.forget(container.id());
        timer.step("record");
        poststart(container, started);
      } catch (IOException | RuntimeException | Error e) {
        throw failed(container, start, e);
      }
      plugins.postStartContainer(container);
    }
    timer.done();
    LOG.info("container {} started", LogNames.container(container.record()));
    return container;
  }

  private Volumes.Start mountVolumes(Container container) throws IOException {
    return volumes.needsMounts(container)
        ? pathWork.call(
            container.record().sandboxId(),
            "volumes of container " + container.id(),
            () -> volumes.mountFor(container))
        : () -> {};
  }

  /** Records the start, and kills a container whose start cannot be recorded. */
  private void record(Container container, Container.Start start, PodShim.Started started)
      throws IOException {
    try {
      start.succeeded(started.pid(), started.startedAt());
    } catch (IOException e) {
      kill(container, e);
      throw e;
    }
  }

  /** Runs the poststart hooks. If one fails, the container is killed. */
  private void poststart(Container container, PodShim.Started started) throws IOException {
    try {
      hooks.poststart(container.id(), specs.of(container.id()), started.pid());
    } catch (IOException e) {
      kill(container, e);
      throw e;
    }
  }

  private void kill(Container container, IOException cause) {
    try {
      shims.get(container.record().sandboxId()).signal(container.id(), Signals.SIGKILL);
    } catch (IOException | RuntimeException unsent) {
      cause.addSuppressed(unsent); // its cgroup is killed next
    }
  }

  /**
   * What the shim is asked for.
   *
   * @param explain says why the launch failed
   */
  private record Prepared(String logPath, LaunchPlan plan, Function<Failure, String> explain) {}

  private PodShim.Started launch(Container container, StepTimer timer) throws IOException {
    ContainerRecord record = container.record();
    // The disk takes its time while the launch is prepared.
    SideTask<Boolean> settled =
        SideTask.start(
            "record of container " + record.id(), () -> files.settleContainer(record.id()));
    Spec created = withFreshTarget(record, specs.of(record.id()));
    timer.step("spec");
    Optional<OciHandler> handler = runtimes.handler(record);
    if (handler.isPresent()) {
      runtimes.discard(record); // may remove the cgroup, and with it limits that are set before
    }
    Spec spec = limit(container, created);
    timer.step("cgroup");
    if (handler.isPresent()) { // which runs the hooks of the start itself
      try (StartHooks none = StartHooks.none()) {
        return launch(container, () -> prepare(handler.get(), record, spec), none, settled, timer);
      }
    }
    try (StartHooks waiting =
        hooks.begin(record.id(), spec, cgroups.at(record.cgroup()).directory())) {
      return launch(container, () -> prepare(record, spec, waiting), waiting, settled, timer);
    }
  }

  private Prepared prepare(ContainerRecord record, Spec spec, StartHooks waiting)
      throws IOException {
    if (restores.isRestored(record.id())) {
      Restores.Launch restore =
          restores.launch(record, spec, overlay(record), cgroups.at(record.cgroup()).directory());
      return new Prepared(logFile(record), restore.plan(), restore::explain);
    }
    CompiledLaunch launch =
        compiler.container(spec, overlay(record), record.stdin(), waiting.directory());
    return new Prepared(logFile(record), launch.toPlan(), launch::explain);
  }

  private Prepared prepare(OciHandler handler, ContainerRecord record, Spec spec)
      throws IOException {
    OciContainers.RuntimeLaunch launch =
        runtimes.start(
            handler,
            sandboxes.get(record.sandboxId()).record(),
            record,
            spec,
            overlay(record),
            cgroups.at(record.cgroup()).directory());
    return new Prepared(logFile(record), launch.plan(), launch::explain);
  }

  /**
   * Launches what is prepared.
   *
   * @param preparation looks at paths of the request: the log directory, and the sources of volumes
   */
  private PodShim.Started launch(
      Container container,
      PathWork.Work<Prepared> preparation,
      StartHooks waiting,
      SideTask<Boolean> settled,
      StepTimer timer)
      throws IOException {
    ContainerRecord record = container.record();
    Prepared prepared =
        pathWork.call(record.sandboxId(), "StartContainer " + record.id(), preparation);
    timer.step("compile");
    awaitSettled(settled);
    timer.step("disk");
    try {
      PodShim.Started started =
          shims
              .get(record.sandboxId())
              .start(
                  ShimMessages.start(
                      record,
                      prepared.plan(),
                      files.paths().container(record.id()),
                      prepared.logPath(),
                      logs.limits(container)));
      timer.step("launch");
      return started;
    } catch (PodShim.LaunchRefused e) {
      waiting.end();
      IOException hook = waiting.failure();
      if (hook != null) {
        hook.addSuppressed(e); // the launch has ended because of the hook
        throw hook;
      }
      throw new IOException(prepared.explain().apply(e.failure()), e);
    } catch (CriException e) {
      waiting.end();
      IOException hook = waiting.failure();
      if (hook == null) {
        throw e;
      }
      hook.addSuppressed(e); // the launch was given up while it waited for the hook
      throw hook;
    }
  }

  private static void awaitSettled(SideTask<Boolean> settled) throws IOException {
    try {
      settled.join();
    } catch (IOException e) {
      throw new IOException("the container cannot be recorded: " + e, e);
    }
  }

  /** Makes the cgroup with the limits in force. A later update finds the cgroup and changes it. */
  private Spec limit(Container container, Spec created) throws IOException {
    container.limitsLock().lock();
    try {
      Spec spec = ResourceRecords.inForce(created, container.record());
      Cgroup cgroup = cgroups.at(container.record().cgroup());
      cgroups.create(cgroup);
      cgroups.apply(cgroup, ResourceRules.settings(spec.linux().resources()));
      cgroups.limitDevices(cgroup, spec.linux().resources().devices());
      return spec;
    } finally {
      container.limitsLock().unlock();
    }
  }

  /** Removes what was made for the start, and makes the container's status say why it failed. */
  private CriException failed(Container container, Container.Start start, Throwable cause) {
    String why = "start of container " + container.id() + ": " + cause.getMessage();
    ErrorKind kind = cause instanceof CriException known ? known.kind() : ErrorKind.INTERNAL;
    CriException failure = new CriException(kind, why, cause);
    Cgroup cgroup = cgroups.at(container.record().cgroup());
    try {
      runtimes.discard(container.record());
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
    try {
      cgroups.remove(cgroup);
    } catch (IOException e) {
      failure.addSuppressed(e);
      if (UnwatchedContainers.mayHaveProcesses(cgroup)) {
        container.unknown("its start failed, and its processes do not end: " + e.getMessage());
        return failure;
      }
    }
    if (container.status().startedAt() == 0) {
      hooks.poststop(container); // the end of a container that has run runs them
    }
    try {
      start.failed(Clock.now(), String.valueOf(cause.getMessage()));
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
    return failure;
  }

  /** Looks the target up again: it may have been restarted since this container was created. */
  private Spec withFreshTarget(ContainerRecord record, Spec spec) {
    String target = record.pidTarget();
    if (record.pidMode() != NamespaceOwner.TARGET || target == null) {
      return spec;
    }
    int pid = TargetContainer.pid(containers, sandboxes, record.sandboxId(), target);
    List<Spec.Namespace> namespaces = new ArrayList<>();
    for (Spec.Namespace each : spec.linux().namespaces()) {
      namespaces.add(
          each.type().equals("pid")
              ? new Spec.Namespace("pid", SpecBuilder.targetPidNamespace(pid))
              : each);
    }
    return spec.withLinux(spec.linux().withNamespaces(namespaces));
  }

  private Overlay overlay(ContainerRecord record) {
    return new Overlay(
        record.lowerDirectories().stream().map(Path::of).toList(),
        files.paths().containerUpper(record.id()),
        files.paths().containerWork(record.id()));
  }

  /**
   * Returns the real path of the log, whose directories are made. The log directory of the sandbox
   * may be reached through symbolic links of the node; below it symbolic links are refused.
   */
  private String logFile(ContainerRecord record) throws IOException {
    if (record.logPath().isEmpty()) {
      return "";
    }
    Path base = Path.of(sandboxes.get(record.sandboxId()).record().config().logDirectory());
    Path log = Path.of(record.logPath());
    Path real = (Files.isDirectory(base) ? base : Files.createDirectories(base)).toRealPath();
    Path below = base.relativize(log);
    for (int i = 0; i < below.getNameCount(); i++) {
      real = real.resolve(below.getName(i));
      if (Files.isSymbolicLink(real)) {
        throw CriException.failedPrecondition(
            "log path " + log + ": " + real + " is a symbolic link");
      }
      if (i < below.getNameCount() - 1) {
        makeDirectory(real);
      }
    }
    return real.toString();
  }

  private static void makeDirectory(Path directory) throws IOException {
    try {
      Files.createDirectory(directory);
    } catch (FileAlreadyExistsException e) {
      LOG.trace("log directory {} is there", directory);
    }
  }
}
