package io.jukung.shim;

import io.jukung.shim.v1.ContainerExited;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that a shim has to know again when it wakes. Descriptors are numbers, because they stay open
 * while the shim sleeps.
 *
 * @param sandboxId the pod that has adopted the shim
 * @param sleepAfterMillis how long the shim is idle before it sleeps
 * @param loggedLines how many lines the error log has had
 * @param epoll the instance that reports what wakes the shim
 * @param listener the listening socket
 * @param connection the connection to the daemon; {@link #NONE}: there is none
 * @param daemonRings whether the daemon rings to wake the shim, see {@code Asleep} in shim.proto
 */
record SavedPod(
    String socketPath,
    String sandboxId,
    long sleepAfterMillis,
    int loggedLines,
    int epoll,
    int listener,
    int connection,
    boolean daemonRings,
    List<SavedContainer> containers) {
  /** Stands for a descriptor that is not there. */
  static final int NONE = -1;

  /** Returns all descriptors that stay open while the shim sleeps. */
  int[] descriptors() {
    int[] all = new int[3 + 5 * containers.size()];
    int count = add(all, 0, epoll);
    count = add(all, count, listener);
    count = add(all, count, connection);
    for (SavedContainer container : containers) {
      count = add(all, count, container.pidfd());
      count = add(all, count, container.stdin());
      count = add(all, count, container.log().file());
      for (SavedOutput output : container.outputs()) {
        count = add(all, count, output.descriptor());
      }
    }
    return Arrays.copyOf(all, count);
  }

  private static int add(int[] all, int count, int descriptor) {
    if (descriptor == NONE) {
      return count;
    }
    all[count] = descriptor;
    return count + 1;
  }

  /**
   * A container that runs, or has ended and whose exit is told.
   *
   * @param pidfd {@link #NONE} if the container has ended
   * @param stdin the writing end of its standard input, or {@link #NONE}
   * @param terminal whether its output is a terminal
   * @param exit null while it runs
   */
  record SavedContainer(
      String id,
      String stateDirectory,
      String cgroup,
      boolean leavesOrphans,
      boolean closesStdin,
      int pid,
      long startedAt,
      int pidfd,
      int stdin,
      boolean terminal,
      @Nullable SavedExit exit,
      SavedLog log,
      List<SavedOutput> outputs) {}

  /**
   * The exit of a container.
   *
   * @param finishedAt nanoseconds since the epoch
   */
  record SavedExit(int exitCode, long finishedAt, boolean oomKilled) {
    static SavedExit of(ContainerExited exit) {
      return new SavedExit(exit.getExitCode(), exit.getFinishedAt(), exit.getOomKilled());
    }

    /** Returns what the daemon was told. */
    ContainerExited told(String containerId, long logLeftOut) {
      return ContainerExited.newBuilder()
          .setContainerId(containerId)
          .setExitCode(exitCode)
          .setFinishedAt(finishedAt)
          .setOomKilled(oomKilled)
          .setLogLeftOut(logLeftOut)
          .build();
    }
  }

  /**
   * The log of a container.
   *
   * @param file the open file, or {@link #NONE}
   * @param torn whether the file ends within a record
   * @param gate null: the log has no limits
   */
  record SavedLog(
      String path, int file, boolean torn, long droppedBytes, @Nullable SavedGate gate) {}

  /**
   * The limits of a log, and how far they are used. See {@link LogGate}, which has the same fields.
   */
  record SavedGate(
      long maxSize,
      long maxBytesPerSecond,
      int maxFiles,
      long size,
      long allowance,
      long refilledAt,
      LogGate.State state,
      long leftOut,
      long leftOutHere) {}

  /**
   * An output of a container.
   *
   * @param descriptor the reading end of its pipe, or its terminal; {@link #NONE} if it has ended
   * @param tail the beginning of a line whose end has not come
   */
  record SavedOutput(String stream, int descriptor, byte[] tail) {}
}
