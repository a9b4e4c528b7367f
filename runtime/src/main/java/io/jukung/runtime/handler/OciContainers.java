package io.jukung.runtime.handler;

import io.jukung.cri.CriException;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.io.Eventfd;
import io.jukung.runtime.call.NodeProgram;
import io.jukung.runtime.call.PathWork;
import io.jukung.runtime.launch.CompiledLaunch;
import io.jukung.runtime.launch.LaunchCompiler;
import io.jukung.runtime.launch.Overlay;
import io.jukung.runtime.launch.RuntimeFiles;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.StateFiles;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.OciRuntime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Containers that a runtime of the OCI runs: their bundles, the launches of the runtime by the
 * pod's shim, and what is left of them. The process of such a container is a child of the shim as
 * that of any other, in the cgroup that the daemon has made, so that logs, exits, signals, limits
 * and statistics need no runtime. Thread-safe.
 */
public final class OciContainers {
  private static final Logger LOG = LoggerFactory.getLogger(OciContainers.class);

  /** A deletion kills what runs, and ends within milliseconds. */
  private static final Duration DELETION = Duration.ofSeconds(20);

  private static final int MAX_LOG_BYTES = 64 << 10;
  private static final int MAX_SCORE_TEXT = 16;

  private final Handlers handlers;
  private final StateFiles files;
  private final LaunchCompiler compiler;
  private final PathWork pathWork;
  private final RuntimeSpec specs;

  public OciContainers(
      Handlers handlers, StateFiles files, LaunchCompiler compiler, PathWork pathWork)
      throws IOException {
    this.handlers = handlers;
    this.files = files;
    this.compiler = compiler;
    this.pathWork = pathWork;
    this.specs =
        new RuntimeSpec(
            new RuntimeSpec.Node(
                compiler.rootMountPoint(), compiler.availableCapabilities(), oomScore()));
  }

  private static int oomScore() throws IOException {
    return Integer.parseInt(HostFile.read("/proc/self/oom_score_adj", MAX_SCORE_TEXT).strip());
  }

  /** A launch of a runtime by a shim, and the words for its failure. */
  public record RuntimeLaunch(
      OciHandler handler, CompiledLaunch launch, LaunchPlan plan, Path log) {
    /** One sentence that says why the launch has failed. */
    public String explain(Failure failure) {
      Optional<String> error = Optional.empty();
      try {
        error = RuntimeLog.lastError(OciBundle.read(log, MAX_LOG_BYTES));
      } catch (IOException e) {
        LOG.warn("the log of {} cannot be read: {}", handler.path(), e.getMessage());
      }
      return handler.path()
          + ": "
          + launch.explain(failure)
          + error.map(said -> ": " + said).orElse("");
    }
  }

  /** The handler of a container; empty for jukung's own launch. */
  public Optional<OciHandler> handler(ContainerRecord container) {
    return handlers.of(container);
  }

  /**
   * Refuses a container that the handler of its pod cannot run.
   *
   * @throws CriException UNIMPLEMENTED
   */
  public void check(SandboxRecord sandbox, Spec spec) {
    Optional<OciHandler> handler = handlers.of(sandbox.runtimeHandler());
    handler.ifPresent(
        each ->
            RuntimeSpec.check(each.name(), handlers.featuresOf(each).recursiveReadOnly(), spec));
  }

  /**
   * Writes the bundle of a container that is about to start.
   *
   * @param cgroup the directory of the container's cgroup, which exists and has its limits. What an
   *     earlier start has left was given to {@link #discard} before: a runtime may remove the
   *     cgroup with it
   */
  public RuntimeLaunch start(
      OciHandler handler,
      SandboxRecord sandbox,
      ContainerRecord container,
      Spec spec,
      Overlay overlay,
      Path cgroup)
      throws IOException {
    OciBundle bundle = OciBundle.of(files.paths(), container.id());
    Map<String, String> annotations = new HashMap<>(sandbox.config().annotations());
    annotations.putAll(container.annotations());
    List<RuntimeFiles.Volume> volumes = RuntimeSpec.volumes(spec, bundle);
    bundle.create(
        specs.container(spec, volumes, handler.allowed(annotations), !handler.startsInCgroup()),
        volumes.size());
    List<String> arguments = new ArrayList<>(common(bundle, bundle.log()));
    arguments.addAll(
        List.of(
            "run",
            "--detach",
            "--bundle",
            bundle.directory().toString(),
            "--pid-file",
            bundle.pidFile().toString()));
    OciRuntime.Builder runtime =
        OciRuntime.newBuilder()
            .setPidFile(bundle.pidFile().toString())
            .setCgroup(cgroup.toString())
            .setLeavesOrphans(!hasOwnPidNamespace(spec));
    if (spec.process().terminal()) {
      arguments.addAll(List.of("--console-socket", name(bundle.console())));
      runtime.setConsoleSocket(bundle.console().toString());
    }
    arguments.add(container.id());
    return launch(
        handler,
        compiler.runtime(
            new LaunchCompiler.RuntimeCommand(
                handler.command(arguments), OciHandler.ENVIRONMENT, bundle.directory()),
            new RuntimeFiles(overlay, volumes, spec.linux().mountLabel()),
            handler.startsInCgroup() ? container.cgroup() : null),
        runtime,
        bundle.log());
  }

  /**
   * The launch of another process in a running container.
   *
   * @param cgroup the exec's own cgroup below that of the container, as a path below the mount
   * @param console where the daemon listens for the terminal, if the process has one
   */
  public RuntimeLaunch exec(
      OciHandler handler,
      ContainerRecord container,
      String execId,
      Spec.Process process,
      String cgroup,
      Optional<Path> console)
      throws IOException {
    OciBundle bundle = OciBundle.of(files.paths(), container.id());
    if (!bundle.exists()) {
      throw CriException.failedPrecondition(
          "container " + container.id() + " was not started by " + handler.path());
    }
    Path description = bundle.ofExec(execId, "json");
    Path pidFile = bundle.ofExec(execId, "pid");
    Path log = bundle.ofExec(execId, "log");
    bundle.write(description, specs.process(process));
    List<String> arguments = new ArrayList<>(common(bundle, log));
    arguments.addAll(
        List.of(
            "exec",
            "--detach",
            "--pid-file",
            pidFile.toString(),
            "--process",
            description.toString()));
    console.ifPresent(each -> arguments.addAll(List.of("--console-socket", name(each))));
    boolean chooses = !handler.startsInCgroup() && canChooseCgroup(handler);
    if (chooses) {
      arguments.addAll(List.of("--cgroup", cgroup.substring(cgroup.lastIndexOf('/') + 1)));
    }
    arguments.add(container.id());
    return launch(
        handler,
        compiler.runtime(
            new LaunchCompiler.RuntimeCommand(
                handler.command(arguments), OciHandler.ENVIRONMENT, bundle.directory()),
            null,
            // What a runtime that cannot choose starts may stay in the cgroup of the runtime.
            chooses ? null : cgroup),
        OciRuntime.newBuilder().setPidFile(pidFile.toString()),
        log);
  }

  private boolean canChooseCgroup(OciHandler handler) {
    return handlers.featuresOf(handler).execCgroups();
  }

  /**
   * Whether the runtime puts a command into the cgroup of the container, whatever it is told. Where
   * such a command is nobody knows before the runtime has said its pid.
   */
  public boolean startsInCgroupOfContainer(OciHandler handler) {
    return !handler.startsInCgroup() && !canChooseCgroup(handler);
  }

  /** Where a daemon listens for the terminal of an exec. */
  public Path console(ContainerRecord container, String execId) {
    return OciBundle.of(files.paths(), container.id()).ofExec(execId, "sock");
  }

  /** Removes the files of an exec that has started, or has failed to. */
  public void forgetExec(ContainerRecord container, String execId) {
    try {
      OciBundle.of(files.paths(), container.id()).removeExec(execId);
    } catch (IOException e) {
      LOG.warn("files of an exec in container {} are left: {}", container.id(), e.getMessage());
    }
  }

  private static RuntimeLaunch launch(
      OciHandler handler, CompiledLaunch launch, OciRuntime.Builder runtime, Path log) {
    LaunchPlan plan = launch.toPlan().toBuilder().setRuntime(runtime).build();
    return new RuntimeLaunch(handler, launch, plan, log);
  }

  private static List<String> common(OciBundle bundle, Path log) {
    return List.of(
        "--root", bundle.root().toString(), "--log", log.toString(), "--log-format", "json");
  }

  /** Sockets are named as seen from the bundle, because their paths have 107 bytes at most. */
  private static String name(Path inBundle) {
    return String.valueOf(inBundle.getFileName());
  }

  private static boolean hasOwnPidNamespace(Spec spec) {
    return spec.linux().namespaces().stream()
        .anyMatch(each -> each.type().equals("pid") && each.path() == null);
  }

  /**
   * Lets the runtime delete what it keeps of a container that does not run, and deletes the bundle.
   * Does nothing for other containers. A runtime that fails is logged: the cgroup, which the caller
   * removes, has every process.
   */
  public void discard(ContainerRecord container) throws IOException {
    OciBundle bundle = OciBundle.of(files.paths(), container.id());
    if (!bundle.exists()) {
      return;
    }
    try {
      Optional<OciHandler> handler = handlers.of(container);
      if (handler.isPresent()) {
        pathWork.call(
            container.sandboxId(),
            "deletion of container " + container.id(),
            () -> delete(handler.get(), bundle));
      }
    } catch (IOException | CriException e) {
      LOG.warn("container {} is not deleted by its runtime: {}", container.id(), e.getMessage());
    }
    files.deleteBundle(container.id());
  }

  private boolean delete(OciHandler handler, OciBundle bundle) throws IOException {
    List<String> arguments = new ArrayList<>(common(bundle, bundle.log()));
    arguments.addAll(List.of("delete", "--force", bundle.containerId()));
    try (Eventfd never = Eventfd.create()) {
      NodeProgram.Outcome outcome =
          NodeProgram.run(
              compiler.runtime(
                  new LaunchCompiler.RuntimeCommand(
                      handler.command(arguments), OciHandler.ENVIRONMENT, bundle.directory())),
              null,
              null,
              new byte[0],
              DELETION,
              never);
      if (outcome.end() != NodeProgram.End.EXITED || outcome.exit().exitCode() != 0) {
        throw new IOException(
            handler.path()
                + " delete: "
                + outcome.end()
                + " with exit code "
                + outcome.exit().exitCode()
                + ": "
                + NodeProgram.quote(new String(outcome.stderr(), StandardCharsets.UTF_8)));
      }
      return true;
    }
  }
}
