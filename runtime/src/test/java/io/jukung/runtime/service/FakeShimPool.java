package io.jukung.runtime.service;

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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Shims whose processes are only records, except that a process named after the sandbox is this
 * test's own, so that it has namespaces to pin. SIGKILL ends a process; other signals are noted.
 */
final class FakeShimPool implements PodShim.Pool {
  final Map<String, Pod> pods = new ConcurrentHashMap<>();
  private final Faults faults;
  private PodShim.@Nullable Listener listener;

  FakeShimPool(Faults faults) {
    this.faults = faults;
  }

  void tell(PodShim.Listener to) {
    listener = to;
  }

  @Override
  public PodShim adopt(String sandboxId, Path socket) throws IOException {
    faults.at("adopt");
    Pod pod = new Pod(sandboxId);
    pods.put(sandboxId, pod);
    return pod;
  }

  @Override
  public Optional<PodShim> reconnect(String sandboxId, Path socket, int shimPid) {
    return Optional.ofNullable(pods.get(sandboxId));
  }

  /** The shim is killed, and its processes go unwatched. */
  void die(String sandboxId) {
    pods.remove(sandboxId);
    if (listener != null) {
      listener.shimDied(sandboxId);
    }
  }

  /** One pod's. */
  final class Pod implements PodShim {
    final List<String> signals = new ArrayList<>();
    final List<String> reopened = new ArrayList<>();
    @Nullable Failure refuse;
    boolean stubborn;
    boolean exitsBeforeAnswer;

    /** What an exec does; it may use the two descriptors until it returns. */
    Consumer<Fd[]> exec = _ -> {};

    private final String sandboxId;
    private final Map<String, ContainerProcess> processes = new LinkedHashMap<>();
    private final Map<String, CompletableFuture<Integer>> execs = new ConcurrentHashMap<>();

    Pod(String sandboxId) {
      this.sandboxId = sandboxId;
    }

    @Override
    public int shimPid() {
      return 4242;
    }

    @Override
    public Started start(StartContainer request) throws IOException {
      faults.at("start " + (request.getContainerId().equals(sandboxId) ? "reaper" : "container"));
      if (refuse != null) {
        throw new LaunchRefused(refuse);
      }
      int pid = (int) ProcessHandle.current().pid();
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
      return new Started(pid, 1000);
    }

    void exit(String containerId, int code, boolean oomKilled) {
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
        String execId, String containerId, LaunchPlan plan, Fd stdin, Fd stdout, Fd stderr)
        throws IOException {
      faults.at("exec");
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
      return new Started(1, 1);
    }

    @Override
    public CompletableFuture<Integer> execExit(String execId) {
      return Objects.requireNonNull(execs.get(execId));
    }

    @Override
    public void attach(
        String containerId, @Nullable Fd stdin, @Nullable Fd stdout, @Nullable Fd stderr)
        throws IOException {
      faults.at("attach");
    }

    @Override
    public void resize(String containerId, int columns, int rows) throws IOException {
      faults.at("resize");
    }

    @Override
    public void signal(String containerId, int signal) throws IOException {
      faults.at("signal");
      synchronized (this) {
        signals.add(Signals.name(signal));
      }
      if (signal == Signals.SIGKILL && !stubborn) {
        exit(containerId, 128 + signal, false);
      }
    }

    @Override
    public void reopenLog(String containerId) throws IOException {
      faults.at("reopenLog");
      reopened.add(containerId);
    }

    @Override
    public synchronized void remove(String containerId) throws IOException {
      processes.remove(containerId);
    }

    @Override
    public synchronized List<ContainerProcess> list() {
      // The reaper is killed through its cgroup, which this fake does not see.
      return processes.values().stream()
          .filter(each -> !each.getContainerId().equals(sandboxId))
          .toList();
    }

    @Override
    public void shutdown() throws IOException {
      pods.remove(sandboxId);
    }
  }

  /** Writes text, as an exec. */
  static void write(Fd fd, String text) {
    try {
      fd.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
