package io.jukung.runtime.shim;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.launch.Launcher;
import io.jukung.linux.process.Pidfd;
import io.jukung.linux.process.Signals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts shims and waits until they listen. Knows the files that a shim has while it is a spare.
 * Thread-safe.
 */
final class ShimStarter {
  private static final Logger LOG = LoggerFactory.getLogger(ShimStarter.class);

  /**
   * From the start to listening: 50 ms on an idle machine, seconds where the other processes of a
   * machine want more processors than there are. The time that a pod waits for the start to begin
   * is not part of it.
   */
  private static final Duration START_PATIENCE = Duration.ofSeconds(30);

  private static final long START_POLL_MILLIS = 2;

  private static final Duration END_PATIENCE = Duration.ofSeconds(2);
  private static final int LOG_EXCERPT = 500;
  static final String SOCKET_SUFFIX = ".sock";
  private static final String LOG_SUFFIX = ".log";

  /** As many bits as some milliseconds have nanoseconds; the path of a socket has to stay short. */
  private static final long NANOS_IN_NAME = 0xffffff;

  private volatile ShimLauncher launcher;
  private final Path directory;

  // Daemons that begin in the same millisecond have other nanoseconds: the later one removes what
  // the earlier one has left, by its name.
  private final String namePrefix =
      Long.toHexString(System.currentTimeMillis())
          + Long.toHexString(System.nanoTime() & NANOS_IN_NAME);

  private final AtomicLong lastName = new AtomicLong();

  /**
   * A starter.
   *
   * @param directory for the sockets and logs of spares
   */
  ShimStarter(ShimLauncher launcher, Path directory) {
    this.launcher = launcher;
    this.directory = directory;
  }

  /** Starts later shims by this command. */
  void use(List<String> command) {
    ShimLauncher now = launcher;
    launcher = new ShimLauncher(command, now.directory(), now.cgroup());
  }

  boolean uses(List<String> command) {
    return launcher.command().equals(command);
  }

  /** Takes over the connection to a shim that has started. */
  interface Receiver<S> {
    S receive(UnixSocket connection, Path socket) throws IOException;
  }

  /** Is told of a process that has just been launched. */
  interface Launched {
    void launched(int pid) throws IOException;
  }

  /** Returns the path of a socket that no spare has had. */
  Path newSocket() {
    return directory.resolve(namePrefix + "-" + lastName.incrementAndGet() + SOCKET_SUFFIX);
  }

  static Path logOf(Path socket) {
    String name = String.valueOf(socket.getFileName());
    String stem =
        name.endsWith(SOCKET_SUFFIX)
            ? name.substring(0, name.length() - SOCKET_SUFFIX.length())
            : name;
    return socket.resolveSibling(stem + LOG_SUFFIX);
  }

  /** Returns the socket of the spare that has this file. */
  static Path socketOf(Path file) {
    String name = String.valueOf(file.getFileName());
    int end = name.indexOf('.');
    return file.resolveSibling((end < 0 ? name : name.substring(0, end)) + SOCKET_SUFFIX);
  }

  static void deleteFiles(Path socket) {
    for (Path file : List.of(socket, logOf(socket))) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        LOG.warn("a file of a shim cannot be deleted: {}", e.toString());
      }
    }
  }

  /**
   * Starts a shim and waits until it listens. Nothing of it is left after a failure, also of the
   * receiver.
   */
  <S> S start(Launched launched, Receiver<S> receiver) throws IOException {
    Path socket = newSocket();
    Path log = logOf(socket);
    Launcher.Launched shim = launcher.launch(socket, log);
    try (Pidfd process = Pidfd.own(shim.pidfd())) {
      try {
        launched.launched(shim.pid());
        return receiver.receive(awaitListening(process, socket, log), socket);
      } catch (IOException | RuntimeException | Error e) {
        end(process);
        deleteFiles(socket);
        throw e;
      }
    }
  }

  private static UnixSocket awaitListening(Pidfd process, Path socket, Path log)
      throws IOException {
    long deadline = System.nanoTime() + START_PATIENCE.toNanos();
    while (true) {
      try {
        return UnixSocket.connect(socket);
      } catch (ErrnoException e) {
        if (!isNobodyThere(e)) {
          throw e;
        }
      }
      if (!process.isRunning()) {
        throw new IOException("the shim ended at its start: " + excerpt(log));
      }
      if (System.nanoTime() - deadline > 0) {
        throw new CriException(
            ErrorKind.DEADLINE_EXCEEDED,
            "a shim did not listen within " + START_PATIENCE.toSeconds() + " s: " + excerpt(log));
      }
      if (!pause()) {
        throw new CriException(ErrorKind.CANCELLED, "the start of a shim was cancelled");
      }
    }
  }

  static boolean isNobodyThere(ErrnoException e) {
    return e.is(Errno.ENOENT) || e.is(Errno.ECONNREFUSED) || e.is(Errno.ENOTDIR);
  }

  /**
   * Waits for a moment.
   *
   * @return false if the thread is interrupted
   */
  static boolean pause() {
    try {
      Thread.sleep(START_POLL_MILLIS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static String excerpt(Path log) {
    try {
      String text = Files.readString(log).strip();
      return text.isEmpty()
          ? "its log is empty"
          : text.substring(0, Math.min(text.length(), LOG_EXCERPT)).replace('\n', ' ');
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Kills and reaps a shim that this daemon has started. */
  private static void end(Pidfd process) throws IOException {
    if (process.isRunning()) {
      process.send(Signals.SIGKILL);
      Readiness.await(process.fd(), Epoll.IN, END_PATIENCE.toMillis());
    }
    process.reap();
  }
}
