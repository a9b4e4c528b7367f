package io.jukung.shim;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.PeerCredentials;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.process.CurrentProcess;
import org.jspecify.annotations.Nullable;

/**
 * The shim's listening socket. One connection is served at a time: a newer one replaces the older.
 */
final class Listener extends Source {
  private final EventLoop loop;
  private final Pod pod;
  private final UnixSocket socket;
  private @Nullable Connection current;

  Listener(EventLoop loop, Pod pod, UnixSocket socket) {
    this.loop = loop;
    this.pod = pod;
    this.socket = socket;
  }

  void start() throws ErrnoException {
    loop.add(this, socket.fd(), Epoll.IN);
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
    if (current != null) {
      current.close();
    }
    Connection connection = new Connection(loop, pod, accepted);
    connection.start();
    current = connection;
    pod.connected(connection);
  }

  void stop() {
    if (current != null) {
      current.finish();
    }
    loop.remove(this, socket.fd());
    socket.close();
  }

  @Override
  public String toString() {
    return "listener";
  }
}
