package io.jukung.runtime.store;

import java.util.Locale;

/**
 * How the first process of a container ended.
 *
 * @param finishedAt nanoseconds since the epoch
 * @param reason one word, as CRI's; empty: that of the exit code
 * @param why one sentence for people; empty: the exit code says everything
 */
public record ContainerExit(int code, long finishedAt, String reason, String why) {
  /** How it ended, as its shim has written to exit.json. */
  public static ContainerExit of(ExitRecord record) {
    return record.oomKilled()
        ? outOfMemory(
            record.exitCode(), record.finishedAt(), record.memoryPeak(), record.memoryLimit())
        : ended(record.exitCode(), record.finishedAt());
  }

  /** An end that had nothing to do with memory. */
  public static ContainerExit ended(int code, long finishedAt) {
    return new ContainerExit(code, finishedAt, "", "");
  }

  /**
   * The end of a container of which the kernel has killed a process because memory ran out.
   *
   * @param peakBytes the most that the container has used; 0: unknown
   * @param limitBytes its own limit; 0: none
   */
  public static ContainerExit outOfMemory(
      int code, long finishedAt, long peakBytes, long limitBytes) {
    String victim = code == KILLED ? "its first process" : "a process other than its first one";
    String peak = peakBytes == 0 ? "" : ", it had used up to " + mebibytes(peakBytes);
    String limit =
        limitBytes == 0
            ? ", and it has no limit of its own: the pod or the node had no more"
            : ", and its limit is " + mebibytes(limitBytes);
    return new ContainerExit(
        code,
        finishedAt,
        "OOMKilled",
        "the kernel killed " + victim + " for want of memory" + peak + limit);
  }

  /**
   * The same end of a container that the daemon was about to kill, with its reason. An end that was
   * not by SIGKILL came before.
   */
  ContainerExit killedBecause(Kill kill) {
    return code == KILLED && reason.isEmpty()
        ? new ContainerExit(code, finishedAt, kill.reason(), kill.why())
        : this;
  }

  /**
   * Why the daemon kills a container.
   *
   * @param reason one word, as CRI's
   * @param why one sentence for people
   */
  public record Kill(String reason, String why) {}

  /** 128 + SIGKILL. */
  private static final int KILLED = 137;

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
  }
}
