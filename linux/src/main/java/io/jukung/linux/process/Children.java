package io.jukung.linux.process;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import org.jspecify.annotations.Nullable;

/**
 * Waits for children of this process, among them the orphans that a child subreaper inherits. A JVM
 * that starts processes by {@link ProcessBuilder} must not reap them with this class, because the
 * JDK waits for their exits itself.
 */
public final class Children {
  private static final int P_ALL = 0;
  private static final int P_PID = 1;
  private static final int P_PIDFD = 3;
  private static final int WNOHANG = 0x1;
  private static final int WEXITED = 0x4;
  private static final int WNOWAIT = 0x1000000;
  // Without this flag, children that were cloned without an exit signal are not waited for.
  private static final int WALL = 0x40000000;

  // siginfo_t as waitid(2) fills it.
  private static final int SIGINFO_SIZE = 128;
  private static final int SI_CODE = 8;
  private static final int SI_PID = 12 + 4;
  private static final int SI_STATUS = 24;
  private static final int CLD_EXITED = 1;

  private Children() {}

  /** Returns the pid of a child that has ended and has not been reaped; 0 if there is none. */
  public static int peekEnded() throws ErrnoException {
    try (Memory info = Memory.allocate(SIGINFO_SIZE)) {
      return wait(P_ALL, 0, info, WNOWAIT) ? info.getInt(SI_PID) : 0;
    }
  }

  /** Whether this process has no child at all, neither a running one nor one that has ended. */
  public static boolean isChildless() throws ErrnoException {
    try (Memory info = Memory.allocate(SIGINFO_SIZE)) {
      int flags = WNOHANG | WEXITED | WALL | WNOWAIT;
      long result = Kernel.raw(Syscall.WAITID, P_ALL, 0, info.address(), flags, 0);
      if (result < 0 && result != -Errno.ECHILD) {
        throw new ErrnoException("waitid", "any child", (int) -result);
      }
      return result == -Errno.ECHILD;
    }
  }

  /**
   * Reaps a child that has ended, after which its pid may be reused. Returns null while the child
   * runs.
   */
  public static @Nullable ExitStatus reap(int pid) throws ErrnoException {
    return reap(P_PID, pid);
  }

  static @Nullable ExitStatus reap(Fd pidfd) throws ErrnoException {
    return reap(P_PIDFD, pidfd.number());
  }

  private static @Nullable ExitStatus reap(int idType, int id) throws ErrnoException {
    try (Memory info = Memory.allocate(SIGINFO_SIZE)) {
      if (!wait(idType, id, info, 0)) {
        return null;
      }
      int status = info.getInt(SI_STATUS);
      return info.getInt(SI_CODE) == CLD_EXITED
          ? new ExitStatus(0, status & 0xff)
          : new ExitStatus(status & 0x7f, 0);
    }
  }

  /** Whether this process has a child of this pid that nobody has waited for yet. */
  public static boolean isChild(int pid) {
    try (Memory info = Memory.allocate(SIGINFO_SIZE)) {
      int flags = WNOHANG | WEXITED | WALL | WNOWAIT;
      return Kernel.raw(Syscall.WAITID, P_PID, pid, info.address(), flags, 0) == 0;
    }
  }

  /**
   * Blocks until a child has ended and reaps it. Returns at once if it is no child of this process
   * or has been reaped.
   */
  public static void awaitEnd(Fd pidfd) {
    try (Memory info = Memory.allocate(SIGINFO_SIZE)) {
      long result;
      do {
        result =
            Kernel.raw(Syscall.WAITID, P_PIDFD, pidfd.number(), info.address(), WEXITED | WALL, 0);
      } while (result == -Errno.EINTR);
    }
  }

  private static boolean wait(int idType, int id, Memory info, int more) throws ErrnoException {
    long result =
        Kernel.raw(Syscall.WAITID, idType, id, info.address(), WNOHANG | WEXITED | WALL | more, 0);
    if (result == -Errno.ECHILD && idType == P_ALL) {
      return false;
    }
    if (result < 0) {
      throw new ErrnoException("waitid", "type=" + idType + ", id=" + id, (int) -result);
    }
    // With WNOHANG and no ended child the call succeeds with a pid of 0.
    return info.getInt(SI_PID) != 0;
  }
}
