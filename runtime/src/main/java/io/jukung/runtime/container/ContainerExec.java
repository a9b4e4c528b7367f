package io.jukung.runtime.container;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.process.Pidfd;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.call.ReachedLimit;
import io.jukung.runtime.cgroup.Freezer;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.handler.OciContainers;
import io.jukung.runtime.handler.OciHandler;
import io.jukung.runtime.launch.CompiledLaunch;
import io.jukung.runtime.launch.LaunchCompiler;
import io.jukung.runtime.shim.PodShim;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.spec.ExecOptions;
import io.jukung.runtime.spec.ResourceRecords;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.ObjectId;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.LaunchPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts commands in running containers. Each command has a cgroup of its own inside the
 * container's, so that everything it started can be killed, and nothing else.
 */
public final class ContainerExec {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerExec.class);

  /** How long a runtime of the OCI may go on with a start whose caller's time is over. */
  private static final Duration RUNTIME_GRACE = Duration.ofSeconds(10);

  /** A killed process ends at once, unless it hangs in the kernel. */
  private static final Duration KILL_WAIT = Duration.ofSeconds(5);

  /** How often a killed command is looked at. */
  private static final Duration KILL_POLL = Duration.ofMillis(5);

  /** Commands start within milliseconds, and within seconds on a machine that is very busy. */
  public static final Duration START_PATIENCE = Duration.ofSeconds(30);

  private final ContainerStore containers;
  private final ContainerSpecs specs;
  private final PodShims shims;
  private final PodCgroups cgroups;
  private final LaunchCompiler compiler;
  private final Freezer freezer;
  private final OciContainers runtimes;

  public ContainerExec(
      ContainerStore containers,
      ContainerSpecs specs,
      PodShims shims,
      PodCgroups cgroups,
      LaunchCompiler compiler,
      Freezer freezer,
      OciContainers runtimes) {
    this.containers = containers;
    this.specs = specs;
    this.shims = shims;
    this.cgroups = cgroups;
    this.compiler = compiler;
    this.freezer = freezer;
    this.runtimes = runtimes;
  }

  /**
   * A command and its standard input, output and error: pipes, or three times the slave side of a
   * terminal. An input that is not asked for is /dev/null.
   *
   * @param options how the process differs from that of the container
   * @param console for {@link #sendsTerminals}: where the caller listens for the terminal, and all
   *     three descriptors are /dev/null
   */
  public record Command(
      List<String> words,
      ExecOptions options,
      boolean atTerminal,
      boolean hasInput,
      Fd stdin,
      Fd stdout,
      Fd stderr,
      Optional<Path> console) {
    public Command(
        List<String> words,
        ExecOptions options,
        boolean atTerminal,
        boolean hasInput,
        Fd stdin,
        Fd stdout,
        Fd stderr) {
      this(words, options, atTerminal, hasInput, stdin, stdout, stderr, Optional.empty());
    }

    private Spec.Process process(Spec spec) {
      return options.apply(spec.process()).toExec(words, atTerminal);
    }
  }

  /**
   * The root of a running container as its own processes see it, with their mounts.
   *
   * @throws CriException FAILED_PRECONDITION if the container has just ended
   */
  public static Fd rootOf(Container container) throws ErrnoException {
    try {
      return HostFile.open(
          "/proc/" + container.status().pid() + "/root",
          OpenFlags.O_PATH | OpenFlags.O_DIRECTORY,
          0);
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT)) {
        throw ended("open the root", container, e);
      }
      throw e;
    }
  }

  /**
   * Whether a runtime of the OCI runs the container, which makes the terminal of a command itself
   * and sends the descriptor.
   */
  public boolean sendsTerminals(Container container) {
    return runtimes.handler(container.record()).isPresent();
  }

  /** A new path of a socket for {@link Command#console}. */
  public Path newConsole(Container container) {
    return runtimes.console(container.record(), ObjectId.random());
  }

  /**
   * Returns the container with the id.
   *
   * @param call for the error text
   * @throws CriException FAILED_PRECONDITION if the container does not run or is paused
   */
  public Container running(String call, String containerId) throws IOException {
    Container container = containers.get(containerId);
    if (!container.status().isRunning()) {
      throw CriException.failedPrecondition(
          call
              + ": container "
              + container.id()
              + " is not running but "
              + container.status().state());
    }
    freezer.entering(cgroup(container), what(call, container)).close();
    return container;
  }

  /**
   * Starts a command. The descriptors stay the caller's.
   *
   * @param patience how long the pod's shim has for the start
   */
  public Started start(Container container, Command command, Duration patience) throws IOException {
    long deadline = System.nanoTime() + patience.toNanos();
    String id = ObjectId.random();
    Cgroup cgroup = cgroup(container).child("exec-" + id);
    PodShim shim = shims.get(container.record().sandboxId(), shorter(patience));
    boolean started = false;
    try (Freezer.Entry _ = freezer.entering(cgroup(container), what("exec", container))) {
      createIn(container, cgroup);
      Optional<OciHandler> handler = runtimes.handler(container.record());
      int pid =
          handler.isPresent()
              ? startBy(handler.get(), container, id, command, cgroup, shim, deadline)
              : start(container, id, compile(container, command, cgroup), shim, deadline);
      started = true;
      return new Started(id, pid, cgroup, shim.execExit(id));
    } finally {
      if (!started) {
        removeUnlessUsed(cgroup);
      }
    }
  }

  /** Creates the cgroup of a command, whose parent is removed when the container has ended. */
  private static void createIn(Container container, Cgroup cgroup) throws IOException {
    try {
      cgroup.createPlain();
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT)) {
        throw ended("exec", container, e);
      }
      throw e;
    }
  }

  /** The container ended after the call had found that it runs. */
  private static CriException ended(String call, Container container, ErrnoException cause) {
    return new CriException(
        ErrorKind.FAILED_PRECONDITION,
        what(call, container) + ": the container is not running any more",
        cause);
  }

  private Cgroup cgroup(Container container) {
    return cgroups.at(container.record().cgroup());
  }

  private static String what(String call, Container container) {
    return call + " in container " + container.id();
  }

  private static Duration shorter(Duration patience) {
    return patience.compareTo(PodShims.TAKE_UP_WAIT) < 0 ? patience : PodShims.TAKE_UP_WAIT;
  }

  /** A launch, and the words for its failure. */
  private record Launch(Command command, LaunchPlan plan, Function<Failure, String> explain) {}

  private Launch compile(Container container, Command command, Cgroup cgroup) throws IOException {
    Spec spec = ResourceRecords.inForce(specs.of(container.id()), container.record());
    CompiledLaunch launch =
        compiler.exec(command.process(spec), spec.linux(), cgroup.path(), command.hasInput());
    return new Launch(command, launch.toPlan(), launch::explain);
  }

  private int startBy(
      OciHandler handler,
      Container container,
      String id,
      Command command,
      Cgroup cgroup,
      PodShim shim,
      long deadline)
      throws IOException {
    boolean started = false;
    try {
      OciContainers.RuntimeLaunch launch =
          runtimes.exec(
              handler,
              container.record(),
              id,
              command.process(specs.of(container.id())),
              cgroup.path(),
              command.console());
      // A runtime that is killed in the middle leaves a command in the cgroup of the container that
      // nobody knows. So it may go on to its end, and what is too late is killed with its caller.
      long end =
          runtimes.startsInCgroupOfContainer(handler)
              ? deadline + RUNTIME_GRACE.toNanos()
              : deadline;
      int pid =
          start(container, id, new Launch(command, launch.plan(), launch::explain), shim, end);
      gather(container, cgroup, pid);
      started = true;
      return pid;
    } finally {
      if (!started) {
        cgroup.kill(); // the runtime may have failed after it had started the command
      }
      runtimes.forgetExec(container.record(), id);
    }
  }

  /** Kills the command's group of processes if not all can be put into their cgroup. */
  private void gather(Container container, Cgroup cgroup, int pid) throws IOException {
    try {
      ExecMembers.gather(cgroup(container), cgroup, pid);
    } catch (IOException e) {
      try {
        signalGroup(pid, Signals.SIGKILL);
      } catch (IOException unsent) {
        e.addSuppressed(unsent);
      }
      throw e;
    }
  }

  /** Signals the process group of a command, unless its first process has ended. */
  private static void signalGroup(int pid, int signal) throws IOException {
    try (Pidfd process = Pidfd.open(pid)) {
      process.sendToGroup(signal);
    } catch (ErrnoException e) {
      if (!e.is(Errno.ESRCH)) {
        throw e;
      }
    }
  }

  private static int start(
      Container container, String id, Launch launch, PodShim shim, long deadline)
      throws IOException {
    Command command = launch.command();
    try {
      return shim.exec(
              id,
              container.id(),
              launch.plan(),
              command.stdin(),
              command.stdout(),
              command.stderr(),
              Duration.ofNanos(Math.max(deadline - System.nanoTime(), 0)))
          .pid();
    } catch (PodShim.LaunchRefused e) {
      // Nearly always the command: it is not there, no program, or too long. A stack trace in the
      // log would help nobody.
      throw new CriException(
          ReachedLimit.causes(e) ? ErrorKind.RESOURCE_EXHAUSTED : ErrorKind.FAILED_PRECONDITION,
          "exec in container " + container.id() + ": " + launch.explain().apply(e.failure()),
          e);
    }
  }

  /** A command that was started. To be closed when the command has ended or is left alone. */
  public static final class Started implements AutoCloseable {
    private final String id;
    private final int pid;
    private final Cgroup cgroup;
    private final CompletableFuture<Integer> exit;

    private Started(String id, int pid, Cgroup cgroup, CompletableFuture<Integer> exit) {
      this.id = id;
      this.pid = pid;
      this.cgroup = cgroup;
      this.exit = exit;
    }

    public String id() {
      return id;
    }

    /** Completes with the command's exit code; fails if the exit cannot be learnt. */
    public CompletableFuture<Integer> exit() {
      return exit;
    }

    /** Sends SIGHUP to the command's process group, as a terminal does that is closed. */
    public void hangUp() throws IOException {
      if (!exit.isDone()) {
        signalGroup(pid, Signals.SIGHUP);
      }
    }

    /** Whether the command and all that it started are gone, which its shim may not report yet. */
    public boolean isGone() throws IOException {
      return !cgroup.isPopulated();
    }

    /**
     * Kills the command with everything it started, and waits for its end: for that which its shim
     * reports, or that which the kernel shows.
     *
     * @param cause gets failures as suppressed exceptions
     */
    public void kill(Exception cause) {
      long deadline = System.nanoTime() + KILL_WAIT.toNanos();
      try {
        cgroup.kill();
        while (!exit.isDone() && !isGone()) {
          if (System.nanoTime() - deadline >= 0) {
            throw new IOException(
                "the command was killed and has not ended after " + KILL_WAIT.toSeconds() + " s");
          }
          Thread.sleep(KILL_POLL);
        }
      } catch (IOException e) {
        cause.addSuppressed(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** Removes the cgroup, unless the command left processes in it: they end with the container. */
    @Override
    public void close() {
      removeUnlessUsed(cgroup);
    }
  }

  private static void removeUnlessUsed(Cgroup cgroup) {
    try {
      cgroup.remove(Duration.ZERO);
    } catch (ErrnoException e) {
      if (!e.is(Errno.EBUSY)) {
        LOG.warn("{} cannot be removed: {}", cgroup, e.getMessage());
      }
    } catch (IOException e) {
      LOG.warn("{} cannot be removed: {}", cgroup, e.getMessage());
    }
  }
}
