package io.jukung.runtime.shim;

import io.jukung.linux.fs.Fd;
import io.jukung.shim.v1.ContainerExited;
import io.jukung.shim.v1.ContainerProcess;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.StartContainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The processes of one pod, as its shim holds them. Calls wait for the shim's answer. Thread-safe.
 */
public interface PodProcesses {

  /**
   * A process that runs.
   *
   * @param startedAt nanoseconds since the epoch
   */
  record Started(int pid, long startedAt) {}

  /** A process that could not be launched; none of it is left. */
  final class LaunchRefused extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Failure failure;

    public LaunchRefused(Failure failure) {
      super(failure.getMessage());
      this.failure = failure;
    }

    /** Which step failed, and how. */
    public Failure failure() {
      return failure;
    }
  }

  /** Told what happens without being asked for, in the order in which it happened. */
  interface Listener {
    void containerExited(String sandboxId, ContainerExited exit);

    /** The shim is gone, and nobody watches the pod's processes any more. */
    void shimDied(String sandboxId);
  }

  /** Where they come from. */
  interface Source {
    /** Gives the pod a shim. */
    PodProcesses adopt(String sandboxId, Path socket) throws IOException;

    /** The shim that an earlier daemon gave it; empty where it is gone. */
    Optional<PodProcesses> reconnect(String sandboxId, Path socket, int shimPid) throws IOException;
  }

  /** The shim's own pid. */
  int shimPid();

  Started start(StartContainer request) throws IOException;

  /** Runs another process in a container. The descriptors stay the caller's. */
  Started exec(String execId, String containerId, LaunchPlan plan, Fd stdin, Fd stdout, Fd stderr)
      throws IOException;

  /** The exec's exit code, once it has ended. */
  CompletableFuture<Integer> execExit(String execId);

  /**
   * Joins a container's streams, see {@code AttachContainer} of the shim's protocol. The
   * descriptors stay the caller's.
   *
   * @param stdin the reading end of a pipe; null: no input
   * @param stdout the writing end of one
   * @param stderr as that
   */
  void attach(String containerId, @Nullable Fd stdin, @Nullable Fd stdout, @Nullable Fd stderr)
      throws IOException;

  /** Sets the size of a container's terminal, in characters. */
  void resize(String containerId, int columns, int rows) throws IOException;

  /** Does nothing where the container has ended. */
  void signal(String containerId, int signal) throws IOException;

  void reopenLog(String containerId) throws IOException;

  /** Forgets a container that has ended. */
  void remove(String containerId) throws IOException;

  List<ContainerProcess> list() throws IOException;

  /** Ends the shim, which may be gone already. */
  void shutdown() throws IOException;
}
