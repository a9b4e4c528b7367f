package io.jukung.runtime.hook;

import io.jukung.cri.CriException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.io.Eventfd;
import io.jukung.linux.launch.Program;
import io.jukung.linux.process.Pidfd;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.call.NodeProgram;
import io.jukung.runtime.cdi.CdiDevices;
import io.jukung.runtime.spec.Hooks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one hook to its end. A hook has the state on its standard input, the environment that its
 * CDI file gives it, and no descriptor of the daemon. One that takes too long is killed with its
 * process group. Thread-safe.
 */
final class HookRunner {
  private static final Logger LOG = LoggerFactory.getLogger(HookRunner.class);

  private final CdiDevices devices;
  private volatile Duration timeout;

  HookRunner(CdiDevices devices, Duration timeout) {
    this.devices = devices;
    this.timeout = timeout;
  }

  void use(Duration other) {
    timeout = other;
  }

  /** Makes the program of a hook. */
  @FunctionalInterface
  interface Compiler {
    Program compile(Hooks.Hook hook) throws IOException;
  }

  /**
   * Runs a program of the node.
   *
   * @param target the process whose namespaces it joins; null: none
   * @throws HookFailure if it does not succeed
   */
  void runOfNode(
      String moment,
      Hooks.Hook hook,
      HookState state,
      Compiler compiler,
      @Nullable Pidfd target,
      Eventfd cancel)
      throws IOException {
    Hooks.Hook checked;
    try {
      // The file may have changed since the creation. What is checked is executed, without the
      // links that may lead elsewhere a moment later.
      checked = hook.at(devices.requireHookFile(Path.of(hook.path())));
    } catch (CriException e) {
      throw new HookFailure(moment + " " + e.getMessage(), e);
    }
    run(moment, checked, state, compiler, null, target, cancel);
  }

  /**
   * Runs a program of the container, with the container's rights and in its cgroup, which keeps it
   * to the container's devices and limits.
   *
   * @param cgroup the directory of the container's cgroup
   * @param target the process whose namespaces it joins
   * @throws HookFailure if it does not succeed
   */
  void runOfContainer(
      String moment,
      Hooks.Hook hook,
      HookState state,
      Compiler compiler,
      Path cgroup,
      Pidfd target,
      Eventfd cancel)
      throws IOException {
    try (Fd directory = HostFile.openDirectory(cgroup)) {
      run(moment, hook, state, compiler, directory, target, cancel);
    }
  }

  private void run(
      String moment,
      Hooks.Hook hook,
      HookState state,
      Compiler compiler,
      @Nullable Fd cgroup,
      @Nullable Pidfd target,
      Eventfd cancel)
      throws IOException {
    String name = moment + " hook " + hook.path() + " of container " + state.id();
    Integer own = hook.timeout();
    Duration most = timeout;
    Duration limit =
        own == null || most.compareTo(Duration.ofSeconds(own)) < 0 ? most : Duration.ofSeconds(own);
    long start = System.nanoTime();
    NodeProgram.Outcome outcome;
    try {
      outcome =
          NodeProgram.run(compiler.compile(hook), cgroup, target, state.toJson(), limit, cancel);
    } catch (IOException e) {
      throw new HookFailure(name + ": " + e.getMessage(), e);
    }
    LOG.debug("{} took {} µs", name, (System.nanoTime() - start) / 1000);
    String said = quoted(outcome);
    switch (outcome.end()) {
      case EXITED -> {
        int signal = outcome.exit().signal();
        if (signal != 0) {
          throw new HookFailure(name + ": killed by " + Signals.name(signal) + said);
        }
        if (outcome.exit().status() != 0) {
          throw new HookFailure(name + ": exit status " + outcome.exit().status() + said);
        }
      }
      case TIMED_OUT ->
          throw new HookFailure(
              name + ": not done after " + limit.toMillis() + " ms, killed" + said);
      case TOO_MUCH_OUTPUT ->
          throw new HookFailure(
              name + ": wrote more than " + NodeProgram.MAX_STDOUT_BYTES + " bytes, killed");
      case CANCELLED -> throw new HookFailure(name + ": the start was given up, killed");
    }
  }

  private static String quoted(NodeProgram.Outcome outcome) {
    byte[] words = outcome.stderr().length > 0 ? outcome.stderr() : outcome.stdout();
    String text = NodeProgram.quote(new String(words, StandardCharsets.UTF_8));
    return text.isEmpty() ? "" : ": " + text;
  }
}
