package io.jukung.cli.resident;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.UnixSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Runs the commands of starters, each in a thread of its own, until none has come for a while.
 *
 * <p>The resident client belongs to one installation and to the cgroup, namespaces, rights and root
 * directory of the process that started it. A starter that differs in any of these is refused, and
 * runs its command in a JVM of its own.
 */
public final class ResidentClient implements AutoCloseable {
  /** How long the resident client stays without a command. */
  public static final Duration IDLE = Duration.ofMinutes(5);

  /**
   * After this time no command is accepted, so that the cgroup of a session that has ended is not
   * kept for ever by processes that it has left behind.
   */
  private static final Duration LIFETIME = Duration.ofHours(1);

  /** Bounds the memory. A starter beyond this number runs its command in a JVM of its own. */
  private static final int MAX_COMMANDS = 32;

  /** When the socket's file is looked at again. */
  private static final Duration CHECK_INTERVAL = Duration.ofSeconds(10);

  /** The garbage of a command is collected when no other command has followed for so long. */
  private static final Duration COLLECT_AFTER = Duration.ofSeconds(1);

  /** The descriptor on which a starter waits for the socket, if a starter has started this JVM. */
  private static final int READY = 3;

  private static final long LISTENER = 0;

  private final ResidentSocket socket;
  private final Epoll epoll;
  private final ProcessIdentity own;
  private final Commands commands;
  private final Duration idle;
  private final Map<Long, StarterConnection> connections = new HashMap<>();
  private final long started = System.nanoTime();
  private long lastToken = LISTENER;
  private long lastUse = System.nanoTime();
  private boolean isCollected;

  private ResidentClient(ResidentSocket socket, Commands commands, Duration idle)
      throws IOException {
    this.socket = socket;
    this.commands = commands;
    this.idle = idle;
    this.own = ProcessIdentity.of(Path.of("/proc/self"));
    this.epoll = Epoll.create(MAX_COMMANDS);
    epoll.add(socket.fd(), Epoll.IN, LISTENER);
  }

  /**
   * Makes the socket and listens.
   *
   * @param socket the socket's path, which the starter has chosen
   * @throws IOException if another resident client listens there
   */
  public static ResidentClient listen(Path socket, Commands commands, Duration idle)
      throws IOException {
    ResidentSocket listening = ResidentSocket.listen(socket);
    try {
      return new ResidentClient(listening, commands, idle);
    } catch (IOException e) {
      listening.close();
      throw e;
    }
  }

  /** Tells the starter that has started this JVM, if there is one, that the socket is there. */
  public static void tellStarter() throws IOException {
    Path ready = Path.of("/proc/self/fd/" + READY);
    if (Files.exists(ready) && Files.readSymbolicLink(ready).toString().startsWith("pipe:")) {
      Fd.own(READY).close();
    }
  }

  /** Serves until no command has come for the idle time, or no more can come. */
  public void serve() throws IOException {
    while (!isOver()) {
      int count = epoll.await(timeoutMillis());
      for (int i = 0; i < count; i++) {
        long token = epoll.token(i);
        StarterConnection connection = connections.get(token);
        if (token == LISTENER) {
          accept();
        } else if (connection != null && !connection.received()) {
          close(token, connection);
        }
      }
      if (connections.isEmpty() && !isCollected && isIdleFor(COLLECT_AFTER)) {
        System.gc();
        isCollected = true;
      }
    }
  }

  private int timeoutMillis() {
    Duration wait = isCollected ? CHECK_INTERVAL : COLLECT_AFTER;
    return (int) (wait.compareTo(idle) < 0 ? wait : idle).toMillis();
  }

  private boolean isOver() throws IOException {
    if (!connections.isEmpty()) {
      return false;
    }
    return isIdleFor(idle)
        || System.nanoTime() - started > LIFETIME.toNanos()
        || !socket.isReachable();
  }

  private boolean isIdleFor(Duration time) {
    return System.nanoTime() - lastUse > time.toNanos();
  }

  private void accept() throws ErrnoException {
    @Nullable UnixSocket accepted = socket.accept();
    if (accepted == null) {
      return;
    }
    boolean isTooOld = System.nanoTime() - started > LIFETIME.toNanos();
    if (isTooOld || connections.size() == MAX_COMMANDS) {
      accepted.close(); // The starter runs its command by itself.
      return;
    }
    Optional<StarterConnection> greeted = StarterConnection.greet(accepted, own, commands);
    if (greeted.isPresent()) {
      long token = ++lastToken;
      epoll.add(greeted.get().fd(), Epoll.IN, token);
      connections.put(token, greeted.get());
      used();
    }
  }

  private void close(long token, StarterConnection connection) {
    connections.remove(token);
    connection.close(); // Closing the descriptor also removes it from the epoll.
    used();
  }

  private void used() {
    lastUse = System.nanoTime();
    isCollected = false;
  }

  /** Ends what still runs, and removes the socket. */
  @Override
  public void close() throws IOException {
    connections.values().forEach(StarterConnection::close);
    epoll.close();
    socket.close();
  }
}
