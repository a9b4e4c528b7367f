package io.jukung.runtime.service;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.shim.PodShim;
import io.jukung.shim.v1.ContainerExited;
import io.jukung.shim.v1.ContainerProcess;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.StartContainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Shims whose processes are only records, except that a process named after the sandbox is this
 * test's own, so that it has namespaces to pin. SIGKILL ends a process; other signals are noted.
 */
public final class FakeShimPool implements PodShim.Pool {
  /** Above the largest pid there can be (PID_MAX_LIMIT). */
  private static final int NO_PROCESS = 1 << 23;

  public final Map<String, Pod> pods = new ConcurrentHashMap<>();

  /** Runs when a shim is adopted, before the daemon has it. */
  public Consumer<String> afterAdoption = _ -> {};

  /** Whether connections to shims fail, although the shims may live. */
  public boolean unreachable;

  private final Faults faults;
  private PodShim.@Nullable Listener listener;

  FakeShimPool(Faults faults) {
    this.faults = faults;
  }

  void tell(PodShim.@Nullable Listener to) {
    listener = to;
  }

  @Override
  public PodShim adopt(String sandboxId, Path socket) throws IOException {
    faults.at("adopt");
    Pod pod = new Pod(sandboxId);
    pods.put(sandboxId, pod);
    afterAdoption.accept(sandboxId);
    return pod;
  }

  @Override
  public Optional<PodShim> reconnect(String sandboxId, Path socket, int shimPid) {
    if (unreachable) {
      throw new CriException(ErrorKind.UNAVAILABLE, "connect: EAGAIN");
    }
    return Optional.ofNullable(pods.get(sandboxId));
  }

  @Override
  public void kill(String sandboxId, Path socket, int shimPid) {
    pods.remove(sandboxId);
  }

  @Override
  public boolean release(PodShim shim) throws IOException {
    return shim.shutdown();
  }

  /** Kills the shim. Nobody watches its processes any more. */
  public void die(String sandboxId) {
    pods.remove(sandboxId);
    if (listener != null) {
      listener.shimDied(sandboxId);
    }
  }

  /** The shim of one pod. */
  public final class Pod implements PodShim {
    public final List<String> signals = new ArrayList<>();
    final List<String> reopened = new ArrayList<>();
    @Nullable Failure refuse;
    boolean exitsBeforeAnswer;

    /** The pipe into which the last attach takes a container's output. */
    public @Nullable Fd attached;

    /** An error that the next start throws. */
    @Nullable Error startError;

    /** Runs when a process has been started, before the daemon hears of it. */
    public Consumer<String> beforeAnswer = _ -> {};

    /** Runs once when the list of processes has been made, before the daemon gets it. */
    public Runnable afterList = () -> {};

    /** Keeps the list of processes back until it is counted down. */
    public CountDownLatch beforeList = new CountDownLatch(0);

    /** Whether the shim refuses to end. */
    boolean refusesShutdown;

    /** Whether processes survive SIGKILL. */
    boolean stubborn;

    /** The pid of each process that is started. */
    public int pid = (int) ProcessHandle.current().pid();

    /** Whether the shim sleeps and no daemon is connected to it. The first call wakes it. */
    public volatile boolean asleep;

    /** The processes at whose end a daemon connects to a sleeping shim. */
    public final List<Integer> watched = new ArrayList<>();

    /** Whether the shim answers nothing at all. */
    public volatile boolean silent;

    /** What an exec does with its standard output and error, which are open until it returns. */
    Consumer<Fd[]> exec = _ -> {};

    private final String sandboxId;
    private final Map<String, ContainerProcess> processes = new LinkedHashMap<>();
    private final Map<String, CompletableFuture<Integer>> execs = new ConcurrentHashMap<>();

    Pod(String sandboxId) {
      this.sandboxId = sandboxId;
    }

    private void answer(String call) throws IOException {
      faults.at(call);
      asleep = false;
      if (silent) {
        throw new CriException(ErrorKind.DEADLINE_EXCEEDED, "the shim did not answer " + call);
      }
    }

    @Override
    public int shimPid() {
      return 4242;
    }

    @Override
    public boolean isConnected() {
      return !asleep;
    }

    @Override
    public boolean isAsleep() {
      return asleep;
    }

    @Override
    public void watch(List<Integer> pids) {
      watched.addAll(pids);
    }

    @Override
    public boolean isAlive() {
      return pods.containsKey(sandboxId);
    }

    @Override
    public Started start(StartContainer request) throws IOException {
      answer("start " + (request.getContainerId().equals(sandboxId) ? "reaper" : "container"));
      if (startError != null) {
        throw startError;
      }
      if (refuse != null) {
        throw new LaunchRefused(refuse);
      }
      synchronized (this) {
        processes.put(
            request.getContainerId(),
            ContainerProcess.newBuilder()
                .setContainerId(request.getContainerId())
                .setPid(pid)
                .setStartedAt(1000)
                .build());
      }
      if (exitsBeforeAnswer && !request.getContainerId().equals(sandboxId)) {
        exit(request.getContainerId(), 3, false);
      }
      beforeAnswer.accept(request.getContainerId());
      return new Started(pid, 1000);
    }

    /** Ends a process and tells the daemon. */
    public void exit(String containerId, int code, boolean oomKilled) {
      ContainerExited exit =
          ContainerExited.newBuilder()
              .setContainerId(containerId)
              .setExitCode(code)
              .setFinishedAt(2000)
              .setOomKilled(oomKilled)
              .build();
      synchronized (this) {
        ContainerProcess process = processes.get(containerId);
        if (process == null || process.hasExit()) {
          return;
        }
        processes.put(containerId, process.toBuilder().setExit(exit).build());
      }
      if (listener != null) {
        listener.containerExited(sandboxId, exit);
      }
    }

    @Override
    public Started exec(
        String execId,
        String containerId,
        LaunchPlan plan,
        Fd stdin,
        Fd stdout,
        Fd stderr,
        Duration patience)
        throws IOException {
      answer("exec");
      if (refuse != null) {
        throw new LaunchRefused(refuse);
      }
      Fd[] streams = {stdout.duplicate(), stderr.duplicate()};
      CompletableFuture<Integer> exit = new CompletableFuture<>();
      execs.put(execId, exit);
      Thread.ofPlatform()
          .daemon()
          .start(
              () -> {
                exec.accept(streams);
                streams[0].close();
                streams[1].close();
                exit.complete(7);
              });
      return new Started(NO_PROCESS, 1);
    }

    @Override
    public CompletableFuture<Integer> execExit(String execId) {
      return Objects.requireNonNull(execs.get(execId));
    }

    @Override
    public void attach(
        String containerId, @Nullable Fd stdin, @Nullable Fd stdout, @Nullable Fd stderr)
        throws IOException {
      answer("attach");
      attached = stdout == null ? null : stdout.duplicate();
    }

    @Override
    public void resize(String containerId, int columns, int rows) throws IOException {
      answer("resize");
    }

    @Override
    public void signal(String containerId, int signal) throws IOException {
      answer("signal");
      synchronized (this) {
        signals.add(Signals.name(signal));
      }
      if (signal == Signals.SIGKILL && !stubborn) {
        exit(containerId, 128 + signal, false);
      }
    }

    @Override
    public void reopenLog(String containerId) throws IOException {
      answer("reopenLog");
      reopened.add(containerId);
    }

    @Override
    public void remove(String containerId) throws IOException {
      answer("remove");
      synchronized (this) {
        processes.remove(containerId);
      }
    }

    @Override
    public List<ContainerProcess> list() throws IOException {
      answer("list");
      try {
        beforeList.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      List<ContainerProcess> listed;
      synchronized (this) {
        // The reaper is killed by way of its cgroup, and this fake does not see that.
        listed =
            processes.values().stream()
                .filter(each -> !each.getContainerId().equals(sandboxId))
                .toList();
      }
      Runnable then = afterList;
      afterList = () -> {};
      then.run();
      return listed;
    }

    @Override
    public boolean shutdown() {
      if (refusesShutdown) {
        throw CriException.failedPrecondition("a launch is under way");
      }
      return kill();
    }

    @Override
    public boolean kill() {
      pods.remove(sandboxId);
      return true;
    }
  }

  /** Writes text to a descriptor of an exec. */
  static void write(Fd fd, String text) {
    try {
      fd.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
