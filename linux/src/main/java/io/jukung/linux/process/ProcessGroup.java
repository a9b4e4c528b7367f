package io.jukung.linux.process;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;

/** Signals process groups (setpgid(2)), such as a command and the processes that it has started. */
public final class ProcessGroup {
  private ProcessGroup() {}

  /**
   * Sends a signal to each process of a group. Does nothing if the group has no process.
   *
   * @param leader the process whose pid is the number of the group; it must not have been reaped,
   *     or the number may stand for another group
   */
  public static void send(int leader, int signal) throws ErrnoException {
    if (leader <= 1) {
      throw new IllegalArgumentException("not a process group of ours: " + leader);
    }
    long result = Kernel.raw(Syscall.KILL, -leader, signal, 0, 0, 0);
    if (result < 0 && result != -Errno.ESRCH) {
      throw new ErrnoException("kill", -leader + ", " + Signals.name(signal), (int) -result);
    }
  }
}
