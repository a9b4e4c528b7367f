package io.jukung.runtime.container;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.process.Pidfd;
import java.io.IOException;

/** Signals the first process of a container whose shim does not answer. */
final class FirstProcess {
  private FirstProcess() {}

  /**
   * Signals the process if it is in the container's cgroup. One that is not there is no process of
   * the container any more, or its pid has been given to another process.
   *
   * @param pid as recorded; 0 if it is not known
   * @return whether the signal was sent
   */
  static boolean signal(Cgroup cgroup, int pid, int signal) throws IOException {
    if (pid == 0) {
      return false;
    }
    try (Pidfd process = Pidfd.open(pid)) {
      // Looked up while the pidfd is open, so that the pid means the same process.
      if (!cgroup.allProcesses().contains(pid) || !process.isRunning()) {
        return false;
      }
      process.send(signal);
      return true;
    } catch (ErrnoException e) {
      if (e.is(Errno.ESRCH)) {
        return false;
      }
      throw e;
    }
  }
}
