package io.jukung.runtime.hook;

import io.jukung.linux.FreshThread;
import io.jukung.linux.io.Eventfd;
import io.jukung.linux.process.Pidfd;
import io.jukung.runtime.cdi.CdiDevices;
import io.jukung.runtime.container.ContainerSpecs;
import io.jukung.runtime.launch.HookSteps;
import io.jukung.runtime.launch.LaunchCompiler;
import io.jukung.runtime.spec.Hooks;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hooks in the life of containers, in the order of runtime.md ("Lifecycle") of the OCI runtime
 * specification:
 *
 * <pre>
 *   StartContainer:  namespaces and mounts → prestart, createRuntime, createContainer
 *                    → the root is entered → startContainer → the program runs → poststart
 *   its end:         processes and cgroup are gone → poststop
 * </pre>
 *
 * A hook that fails before the program runs makes the start fail; one of poststart ends the
 * container as well; one of poststop is logged. Thread-safe.
 */
public final class ContainerHooks {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerHooks.class);

  /** What the first process of a pid namespace is there. */
  private static final int FIRST_PID = 1;

  private final StatePaths paths;
  private final ContainerSpecs specs;
  private final LaunchCompiler compiler;
  private final HookRunner runner;

  /**
   * @param timeout the longest time of a hook
   */
  public ContainerHooks(
      StatePaths paths,
      ContainerSpecs specs,
      LaunchCompiler compiler,
      CdiDevices devices,
      Duration timeout) {
    this.paths = paths;
    this.specs = specs;
    this.compiler = compiler;
    this.runner = new HookRunner(devices, timeout);
  }

  /** Gives hooks that start from now on another time. */
  public void use(Duration timeout) {
    runner.use(timeout);
  }

  /**
   * Serves the hooks that a launch waits for, until the result is closed.
   *
   * @param cgroup the directory of the container's cgroup, with all its limits
   */
  public StartHooks begin(String id, Spec spec, Path cgroup) throws IOException {
    Hooks hooks = spec.hooks();
    if (hooks == null || !hooks.delayLaunch()) {
      return StartHooks.none();
    }
    Path bundle = paths.container(id);
    StartHooks.Moment creation =
        (pid, process, cancel) -> create(spec, hooks, id, bundle, pid, process, cancel);
    StartHooks.Moment start =
        (pid, process, cancel) ->
            start(spec, hooks, state(spec, id, bundle, pid), cgroup, process, cancel);
    if (!hooks.hasCreation()) {
      return StartHooks.serve(bundle, start);
    }
    return hooks.startContainer().isEmpty()
        ? StartHooks.serve(bundle, creation)
        : StartHooks.serve(bundle, creation, start);
  }

  private void create(
      Spec spec, Hooks hooks, String id, Path bundle, int pid, Pidfd process, Eventfd cancel)
      throws IOException {
    HookState state = new HookState(id, "creating", pid, bundle);
    onNode("prestart", hooks.prestart(), state, cancel);
    onNode("createRuntime", hooks.createRuntime(), state, cancel);
    for (Hooks.Hook hook : hooks.createContainer()) {
      runner.runOfNode(
          "createContainer",
          hook,
          state,
          each -> HookSteps.inNamespaces(spec, each),
          process,
          cancel);
    }
  }

  /** The state of a container whose root has been entered: it knows its own pids alone. */
  private static HookState state(Spec spec, String id, Path bundle, int pid) {
    boolean ownPids =
        spec.linux().namespaces().stream()
            .anyMatch(each -> each.type().equals("pid") && each.path() == null);
    return new HookState(id, "created", ownPids ? FIRST_PID : pid, bundle);
  }

  private void start(
      Spec spec, Hooks hooks, HookState state, Path cgroup, Pidfd process, Eventfd cancel)
      throws IOException {
    for (Hooks.Hook hook : hooks.startContainer()) {
      runner.runOfContainer(
          "startContainer",
          hook,
          state,
          each -> compiler.startHook(spec, each),
          cgroup,
          process,
          cancel);
    }
  }

  private void onNode(String moment, List<Hooks.Hook> hooks, HookState state, Eventfd cancel)
      throws IOException {
    for (Hooks.Hook hook : hooks) {
      runner.runOfNode(moment, hook, state, HookSteps::onNode, null, cancel);
    }
  }

  /**
   * Runs the hooks of a container that runs.
   *
   * @throws HookFailure if one has failed; the others are not run then
   */
  public void poststart(String id, Spec spec, int pid) throws IOException {
    Hooks hooks = spec.hooks();
    if (hooks == null || hooks.poststart().isEmpty()) {
      return;
    }
    HookState state = new HookState(id, "running", pid, paths.container(id));
    FreshThread.run(
        "poststart hooks of " + id,
        () -> {
          try (Eventfd never = Eventfd.create()) {
            onNode("poststart", hooks.poststart(), state, never);
          }
        });
  }

  /**
   * Runs the hooks of a container that has ended, and whose processes are gone. Failures are
   * logged, and the next hook runs. If the daemon is killed meanwhile, the others are not run.
   */
  public void poststop(Container container) {
    String id = container.id();
    try {
      Hooks hooks = specs.of(id).hooks();
      if (hooks != null && !hooks.poststop().isEmpty()) {
        HookState state = new HookState(id, "stopped", 0, paths.container(id));
        FreshThread.run("poststop hooks of " + id, () -> each(hooks.poststop(), state));
      }
    } catch (NoSuchFileException e) {
      // A removal waits for poststop hooks, so a container that is removed already has none.
      LOG.debug("container {}: it is removed already: {}", id, e.getMessage());
    } catch (IOException e) {
      LOG.warn("container {}: its poststop hooks cannot be run: {}", id, e.getMessage());
    }
  }

  private void each(List<Hooks.Hook> hooks, HookState state) throws IOException {
    try (Eventfd never = Eventfd.create()) {
      for (Hooks.Hook hook : hooks) {
        try {
          onNode("poststop", List.of(hook), state, never);
        } catch (HookFailure e) {
          LOG.warn("{}", e.getMessage());
        }
      }
    }
  }
}
