package io.jukung.runtime.network.cni;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.process.Pidfd;
import io.jukung.linux.process.Signals;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends plugins, and the processes that they have started, that outlive the daemon that called them.
 * An ADD that is still running while the next daemon calls DEL would take an address that nobody
 * releases. The processes are found by the container id in their environment.
 */
public final class PluginSurvivors {
  private static final Logger LOG = LoggerFactory.getLogger(PluginSurvivors.class);
  private static final Path PROC = Path.of("/proc");

  /**
   * How much of an environment is read. The environment that plugins get has some hundred bytes,
   * and their children may add to it.
   */
  private static final int MAX_ENVIRONMENT_BYTES = 64 << 10;

  private static final Duration KILL_WAIT = Duration.ofSeconds(5);

  /** A process may start another one before it is killed, but not without end. */
  private static final int MAX_ROUNDS = 10;

  private PluginSurvivors() {}

  /** Kills the processes of a container's plugins and waits until they have ended. */
  public static void end(String containerId) throws IOException {
    String variable = Attachment.CONTAINER_ID_VARIABLE + containerId;
    for (int round = 0; round < MAX_ROUNDS; round++) {
      if (endOnce(variable) == 0) {
        return;
      }
    }
    throw new IOException("plugins called for " + containerId + " go on starting others");
  }

  private static int endOnce(String variable) throws IOException {
    int ended = 0;
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
      for (Path process : processes) {
        if (has(process, variable)) {
          end(Integer.parseInt(String.valueOf(process.getFileName())), process, variable);
          ended++;
        }
      }
    }
    return ended;
  }

  private static void end(int pid, Path process, String variable) throws IOException {
    try (Pidfd pidfd = Pidfd.open(pid)) {
      if (!has(process, variable)) {
        return; // the process has ended, and its pid may belong to another one
      }
      LOG.warn(
          "killing process {} of a CNI plugin, which has outlived the daemon that called it", pid);
      pidfd.send(Signals.SIGKILL);
      if (Readiness.await(pidfd.fd(), Epoll.IN, KILL_WAIT.toMillis()) == 0) {
        throw new IOException(
            "process " + pid + " of a plugin does not end although it was killed");
      }
    } catch (ErrnoException e) {
      if (!e.is(Errno.ESRCH)) {
        throw e;
      }
    }
  }

  /**
   * Whether a process has the variable. A process that has ended has no environment, even before
   * its parent has waited for it.
   */
  private static boolean has(Path process, String variable) {
    try (InputStream in = Files.newInputStream(process.resolve("environ"))) {
      String environment = new String(in.readNBytes(MAX_ENVIRONMENT_BYTES), StandardCharsets.UTF_8);
      return List.of(environment.split("\0")).contains(variable);
    } catch (IOException e) {
      return false; // the process has ended meanwhile
    }
  }
}
