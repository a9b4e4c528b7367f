package io.jukung.runtime.shim;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;
import java.io.File;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/**
 * The scheduling priority of shims that nobody waits for: they start after everything else that
 * wants a processor. Processes of containers inherit the priority of their shim, so it is raised
 * again before the shim has a pod. Thread-safe.
 */
final class ShimPriority {
  private static final int PRIO_PROCESS = 0;
  private static final int PRIO_THIS_THREAD = 0;

  /** getpriority(2) returns 20 minus the nice value, so that it is never negative. */
  private static final int NICE_BASE = 20;

  private static final int NICEST = 19;

  /**
   * A tenth of the processor time that a process of usual priority gets. With less, a start on a
   * busy machine would outlast its deadline.
   */
  private static final int LOWERED_BY = 10;

  /** A thread that is not raised can start others only until it is raised. */
  private static final int MOST_PASSES = 20;

  private ShimPriority() {}

  /** Lowers the priority of a process that has one thread. */
  static void lower(int pid) throws IOException {
    int low = Math.min(usual() + LOWERED_BY, NICEST);
    set(pid, low);
    setAutogroup(pid, low);
  }

  /**
   * Gives the threads of the process the priority of this daemon.
   *
   * @throws IOException if a thread has another priority still, for want of CAP_SYS_NICE for
   *     example
   */
  static void raise(int pid) throws IOException {
    int usual = usual();
    setAutogroup(pid, usual);
    Set<String> raised = new HashSet<>();
    for (int pass = 0; pass < MOST_PASSES; pass++) {
      boolean complete = true;
      for (String thread : threads(pid)) {
        if (raised.add(thread)) {
          complete = false;
          raiseThread(Integer.parseInt(thread), usual);
        }
      }
      if (complete) {
        return;
      }
    }
    throw new IOException("process " + pid + " starts threads without end");
  }

  private static String[] threads(int pid) throws IOException {
    String[] threads = new File("/proc/" + pid + "/task").list();
    if (threads == null) {
      throw new IOException("process " + pid + " has ended");
    }
    return threads;
  }

  private static void raiseThread(int thread, int nice) throws ErrnoException {
    try {
      set(thread, nice);
    } catch (ErrnoException e) {
      if (!e.is(Errno.ESRCH)) { // it has ended
        throw e;
      }
    }
  }

  private static int usual() throws ErrnoException {
    return NICE_BASE
        - (int)
            Kernel.call(
                Syscall.GETPRIORITY, () -> "PRIO_PROCESS", PRIO_PROCESS, PRIO_THIS_THREAD, 0);
  }

  private static void set(int thread, int nice) throws ErrnoException {
    Kernel.call(
        Syscall.SETPRIORITY,
        () -> "PRIO_PROCESS, " + thread + ", " + nice,
        PRIO_PROCESS,
        thread,
        nice);
  }

  /**
   * Where the kernel groups processes by their session (sched(7), autogroup), a nice value counts
   * only within a session, and a shim has a session of its own. The group has a nice value, too.
   */
  private static void setAutogroup(int pid, int nice) throws IOException {
    try {
      HostFile.write("/proc/" + pid + "/autogroup", Integer.toString(nice));
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENOENT) && !e.is(Errno.ESRCH)) { // the kernel has no such groups, or it ended
        throw e;
      }
    }
  }
}
