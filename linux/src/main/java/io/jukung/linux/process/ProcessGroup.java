package io.jukung.linux.process;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;

/** The processes of one group (setpgid(2)), such as a command and what it has started. */
public final class ProcessGroup {
  private ProcessGroup() {}

  /**
   * Sends the signal to each process of the group; a group without processes is none.
   *
   * @param leader whose pid is the group's; it must not be waited for yet, or the number could have
   *     come to mean another group
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
