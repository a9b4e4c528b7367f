package io.jukung.linux.process;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;

/** What this process says of itself to the kernel. All of it holds for every thread. */
public final class CurrentProcess {
  /** prctl(2): whether others may look into the process and it leaves core dumps. */
  public static final int PR_SET_DUMPABLE = 4;

  private static final int PR_GET_DUMPABLE = 3;
  private static final int PR_SET_CHILD_SUBREAPER = 36;

  private CurrentProcess() {}

  /** Orphaned descendants become children of this process, not of init. */
  public static void becomeChildSubreaper() throws ErrnoException {
    prctl("PR_SET_CHILD_SUBREAPER, 1", PR_SET_CHILD_SUBREAPER, 1);
  }

  /**
   * No core dump, and no look into /proc/PID by a process without CAP_SYS_PTRACE in this process's
   * user namespace: a container that shares the pid namespace cannot open its executable.
   */
  public static void refuseDump() throws ErrnoException {
    prctl("PR_SET_DUMPABLE, 0", PR_SET_DUMPABLE, 0);
  }

  public static boolean isDumpable() throws ErrnoException {
    return prctl("PR_GET_DUMPABLE", PR_GET_DUMPABLE, 0) != 0;
  }

  private static long prctl(String arguments, int option, long value) throws ErrnoException {
    long result = Kernel.raw(Syscall.PRCTL, option, value, 0, 0, 0);
    if (result < 0) {
      throw new ErrnoException("prctl", arguments, (int) -result);
    }
    return result;
  }

  /** Which mode bits new files of this process and its later children do not get. */
  public static void setUmask(int mask) {
    // Cannot fail (umask(2)).
    Kernel.raw(Syscall.UMASK, mask, 0, 0, 0, 0);
  }

  public static int pid() {
    return (int) Kernel.raw(Syscall.GETPID, 0, 0, 0, 0, 0);
  }

  /** The real user id. */
  public static int uid() {
    return (int) Kernel.raw(Syscall.GETUID, 0, 0, 0, 0, 0);
  }
}
