package io.jukung.runtime.shim;

import io.jukung.cri.CriException;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.shim.v1.ContainerExited;
import io.jukung.shim.v1.ContainerProcess;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.StartContainer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What the daemon asks of a pod's shim, which holds the processes of the pod. Each call waits for
 * the shim's answer for a bounded time. Thread-safe.
 *
 * <p>Besides what a method declares, each one throws a {@code CriException}: DEADLINE_EXCEEDED if
 * the shim does not answer in time, UNAVAILABLE if it cannot be reached, CANCELLED if the calling
 * thread is interrupted, NOT_FOUND or FAILED_PRECONDITION if the shim refuses.
 */
public interface PodShim {

  /**
   * A process that was launched.
   *
   * @param startedAt nanoseconds since the epoch
   */
  record Started(int pid, long startedAt) {}

  /** A process could not be launched. Nothing of it is left. */
  final class LaunchRefused extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Failure failure;

    public LaunchRefused(Failure failure) {
      super(failure.getMessage(), cause(failure));
      this.failure = failure;
    }

    /** Keeps the error number where those look who ask whether a limit of the node is reached. */
    private static @Nullable ErrnoException cause(Failure failure) {
      String call = failure.getPhase() == Failure.Phase.CLONE ? "clone3" : "launch";
      return failure.getErrno() == 0
          ? null
          : new ErrnoException(call, "step=" + failure.getStep(), failure.getErrno());
    }

    /** Which step failed, and how. */
    public Failure failure() {
      return failure;
    }
  }

  /** Receives what shims report unasked: for one shim, in the order in which it happened. */
  interface Listener {
    void containerExited(String sandboxId, ContainerExited exit);

    /**
     * The limits of a running container's log have left output out.
     *
     * @param bytes since the container's start
     */
    void logLeftOut(String containerId, long bytes);

    /** The shim ended without having been asked to. Nobody watches the pod's processes any more. */
    void shimDied(String sandboxId);
  }

  /** Where shims come from. */
  interface Pool {
    /**
     * Gives the pod a shim.
     *
     * @param socket the path that the shim will listen at from now on
     */
    PodShim adopt(String sandboxId, Path socket) throws IOException;

    /**
     * Connects to the shim that an earlier daemon gave the pod.
     *
     * @param shimPid as recorded; 0 if it is not known
     * @return empty if no shim listens at the socket
     */
    Optional<PodShim> reconnect(String sandboxId, Path socket, int shimPid) throws IOException;

    /**
     * Kills a shim to which no connection can be made. Does nothing if the process is not that
     * shim.
     *
     * @param shimPid as recorded
     */
    void kill(String sandboxId, Path socket, int shimPid) throws IOException;

    /**
     * Takes the shim from its pod, all of whose processes have ended: the shim becomes a spare, or
     * ends.
     *
     * @return whether the pod has no shim any more, see {@link PodShim#shutdown}
     * @throws CriException FAILED_PRECONDITION if the shim holds a process; it is still the pod's
     */
    boolean release(PodShim shim) throws IOException;
  }

  /** The process id of the shim itself. */
  int shimPid();

  /** Whether the shim has not ended, as far as the daemon has seen. */
  boolean isAlive();

  /**
   * Whether the daemon is connected to the shim. Otherwise the shim was found asleep, and the first
   * call that needs it connects, which wakes it.
   */
  boolean isConnected();

  /** Whether the shim sleeps, as far as the daemon was told. Never waits. */
  boolean isAsleep();

  /**
   * Connects to a shim that is not connected as soon as one of these processes ends, so that the
   * shim reports the exit.
   */
  void watch(List<Integer> pids) throws IOException;

  Started start(StartContainer request) throws IOException;

  /**
   * Runs another process in a container. The descriptors stay the caller's.
   *
   * @param patience how long to wait for the start; a process that starts later is killed
   */
  Started exec(
      String execId,
      String containerId,
      LaunchPlan plan,
      Fd stdin,
      Fd stdout,
      Fd stderr,
      Duration patience)
      throws IOException;

  /** Completes with the exec's exit code when the exec has ended. */
  CompletableFuture<Integer> execExit(String execId);

  /**
   * Joins a container's streams, see {@code AttachContainer} of the shim's protocol. The
   * descriptors stay the caller's.
   *
   * @param stdin the reading end of a pipe; null: no input
   * @param stdout the writing end of a pipe; null: no output
   * @param stderr the writing end of a pipe; null: no error output
   */
  void attach(String containerId, @Nullable Fd stdin, @Nullable Fd stdout, @Nullable Fd stderr)
      throws IOException;

  /** Sets the size of a container's terminal, in characters. */
  void resize(String containerId, int columns, int rows) throws IOException;

  /** Signals the container's first process. Does nothing if the container has ended. */
  void signal(String containerId, int signal) throws IOException;

  void reopenLog(String containerId) throws IOException;

  /** Makes the shim forget a container that has ended. */
  void remove(String containerId) throws IOException;

  List<ContainerProcess> list() throws IOException;

  /**
   * Ends the shim, by a signal if the shim does not answer. Does nothing if the shim has ended
   * already.
   *
   * @return whether the shim has ended. One that was killed ends later if it hangs in the kernel
   */
  boolean shutdown() throws IOException;

  /** Kills the shim, whatever it holds, and waits for its end as {@link #shutdown} does. */
  boolean kill() throws IOException;
}
