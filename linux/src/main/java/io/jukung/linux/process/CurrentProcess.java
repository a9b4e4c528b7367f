package io.jukung.linux.process;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;

/** Attributes of this process, which apply to all of its threads. */
public final class CurrentProcess {
  /** The option of prctl(2) that decides about core dumps and access to /proc/PID. */
  public static final int PR_SET_DUMPABLE = 4;

  private static final int PR_GET_DUMPABLE = 3;
  private static final int PR_SET_CHILD_SUBREAPER = 36;

  private CurrentProcess() {}

  /** Makes orphaned descendants children of this process, and not of init. */
  public static void becomeChildSubreaper() throws ErrnoException {
    prctl("PR_SET_CHILD_SUBREAPER, 1", PR_SET_CHILD_SUBREAPER, 1);
  }

  /**
   * Forbids core dumps, and access to /proc/PID by processes without CAP_SYS_PTRACE in this
   * process's user namespace: a container that shares the pid namespace cannot open this
   * executable.
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

  /** Sets the mode bits that new files of this process and of its later children do not get. */
  public static void setUmask(int mask) {
    // The call cannot fail (umask(2)).
    Kernel.raw(Syscall.UMASK, mask, 0, 0, 0, 0);
  }

  public static int pid() {
    return (int) Kernel.raw(Syscall.GETPID, 0, 0, 0, 0, 0);
  }

  /** Returns the real user id. */
  public static int uid() {
    return (int) Kernel.raw(Syscall.GETUID, 0, 0, 0, 0, 0);
  }
}
