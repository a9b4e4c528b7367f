package io.jukung.runtime.shim;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.launch.Keeper;
import io.jukung.linux.process.Pidfd;
import io.jukung.linux.process.Signals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shim of an earlier daemon, as a process. It is told from other processes by its log, which is
 * its standard error output. One that accepts no connection is ended: a shim that is stopped has a
 * full backlog after some restarts of the daemon.
 */
final class LeftShim {
  private static final Logger LOG = LoggerFactory.getLogger(LeftShim.class);

  /** A killed process ends at once, unless it hangs in the kernel. */
  private static final Duration END_WAIT = Duration.ofSeconds(2);

  private static final int STDERR = 2;

  private LeftShim() {}

  /**
   * Kills the one of the processes that is the pod's shim, if there is one.
   *
   * @param socket the path of the shim's socket, beside its log
   */
  static void kill(Path socket, List<Integer> pids) throws IOException {
    for (int pid : pids) {
      try (Pidfd process = Pidfd.open(pid)) {
        if (writesTo(pid, ShimStarter.logOf(socket))) {
          LOG.warn("the shim at {} (pid {}) cannot be reached and is killed", socket, pid);
          process.send(Signals.SIGKILL);
          Readiness.await(process.fd(), Epoll.IN, END_WAIT.toMillis());
        }
      } catch (ErrnoException e) {
        if (!e.is(Errno.ESRCH)) { // it has ended
          throw e;
        }
      }
    }
  }

  /** Whether the process is the pod's shim and sleeps: it executes a {@link Keeper} then. */
  static boolean isAsleep(Path socket, int pid) throws IOException {
    if (pid == 0 || !writesTo(pid, ShimStarter.logOf(socket))) {
      return false;
    }
    try {
      return Files.readSymbolicLink(Path.of("/proc", Integer.toString(pid), "exe"))
          .toString()
          .contains(Keeper.IMAGE_NAME);
    } catch (NoSuchFileException e) {
      return false; // the process has ended
    }
  }

  private static boolean writesTo(int pid, Path log) throws IOException {
    try {
      Path output = Path.of("/proc", Integer.toString(pid), "fd", Integer.toString(STDERR));
      return Files.readSymbolicLink(output).equals(log.toAbsolutePath());
    } catch (NoSuchFileException e) {
      return false; // the process has ended
    }
  }
}
