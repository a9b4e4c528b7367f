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
 * Plugins, and what they have started, that outlive the daemon that called them: an ADD that goes
 * on while the next daemon asks for DEL would take an address that nobody gives back. They are
 * known by the container id in their environment.
 */
public final class PluginSurvivors {
  private static final Logger LOG = LoggerFactory.getLogger(PluginSurvivors.class);
  private static final Path PROC = Path.of("/proc");

  /** A plugin's environment is ours, of some hundred bytes; its own children may add to it. */
  private static final int MAX_ENVIRONMENT_BYTES = 64 << 10;

  private static final Duration KILL_WAIT = Duration.ofSeconds(5);

  /** A process may start another before it is killed itself, but not for ever. */
  private static final int MAX_ROUNDS = 10;

  private PluginSurvivors() {}

  /** Kills them and waits for their end. */
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
        return; // ended since, and the number may be another's
      }
      LOG.warn("process {} of a plugin outlived the daemon that called it, and is killed", pid);
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

  /** A process that has ended, though not been waited for, has no environment any more. */
  private static boolean has(Path process, String variable) {
    try (InputStream in = Files.newInputStream(process.resolve("environ"))) {
      String environment = new String(in.readNBytes(MAX_ENVIRONMENT_BYTES), StandardCharsets.UTF_8);
      return List.of(environment.split("\0")).contains(variable);
    } catch (IOException e) {
      return false; // has ended meanwhile
    }
  }
}
