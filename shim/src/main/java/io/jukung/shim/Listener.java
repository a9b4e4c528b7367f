package io.jukung.shim;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.PeerCredentials;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.process.CurrentProcess;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The shim's listening socket. One connection is served at a time: with its first request a newer
 * one replaces all older ones. A connection that asks nothing only wakes a shim that sleeps.
 */
final class Listener extends Source {
  /** Connections that have not asked anything yet. One more, and the oldest is closed. */
  private static final int MAX_NEW = 8;

  private final EventLoop loop;
  private final Pod pod;
  private final UnixSocket socket;
  private final List<Connection> fresh = new ArrayList<>(1);
  private @Nullable Connection current;

  Listener(EventLoop loop, Pod pod, UnixSocket socket) {
    this.loop = loop;
    this.pod = pod;
    this.socket = socket;
  }

  void start() throws ErrnoException {
    loop.add(this, socket.fd(), Epoll.IN);
  }

  /** Goes on with the sockets of a shim that has slept. */
  static Listener restore(EventLoop loop, Pod pod, SavedPod saved) throws ErrnoException {
    Listener listener = new Listener(loop, pod, UnixSocket.own(Fd.own(saved.listener())));
    if (saved.connection() != SavedPod.NONE) {
      // Before the listener, so that requests that came before a ring are read before it.
      UnixSocket connected = UnixSocket.own(Fd.own(saved.connection()));
      Connection connection = new Connection(loop, listener, pod, connected);
      connection.resume(saved.daemonRings());
      listener.current = connection;
      pod.connected(connection);
    }
    listener.start();
    return listener;
  }

  int descriptor() {
    return socket.fd().number();
  }

  /** Returns the connection to the daemon, if there is one. */
  @Nullable Connection connection() {
    return current != null && current.isOpen() ? current : null;
  }

  /** Whether nothing of a request or an answer is under way. */
  boolean isQuiet() {
    Connection daemon = connection();
    return fresh.isEmpty() && (daemon == null || daemon.isQuiet());
  }

  @Override
  void ready(int events) throws ErrnoException {
    for (UnixSocket accepted = socket.accept(); accepted != null; accepted = socket.accept()) {
      try {
        serve(accepted);
      } catch (ErrnoException | RuntimeException | Error e) {
        accepted.close();
        throw e;
      }
    }
  }

  private void serve(UnixSocket accepted) throws ErrnoException {
    PeerCredentials peer = accepted.peer();
    // The mode of the socket file allows the same. This check holds even if that mode was changed.
    if (peer.uid() != 0 && peer.uid() != CurrentProcess.uid()) {
      ErrorLog.say("refused a connection of uid " + peer.uid() + ", pid " + peer.pid());
      accepted.close();
      return;
    }
    if (fresh.size() == MAX_NEW) {
      fresh.getFirst().close();
    }
    Connection connection = new Connection(loop, this, pod, accepted);
    connection.start();
    fresh.add(connection);
  }

  /** Called before each request of a connection is carried out. */
  void hasAsked(Connection connection) {
    if (connection == current) {
      return;
    }
    while (fresh.getFirst() != connection) {
      fresh.getFirst().close(); // it is older
    }
    fresh.removeFirst();
    if (current != null) {
      current.close();
    }
    current = connection;
    pod.connected(connection);
  }

  void closed(Connection connection) {
    fresh.remove(connection);
  }

  void stop() {
    if (current != null) {
      current.finish();
    }
    while (!fresh.isEmpty()) {
      fresh.getFirst().close();
    }
    loop.remove(this, socket.fd());
    socket.close();
  }

  @Override
  public String toString() {
    return "listener";
  }
}
