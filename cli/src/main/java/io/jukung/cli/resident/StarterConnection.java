package io.jukung.cli.resident;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.PeerCredentials;
import io.jukung.linux.io.Transfer;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.libc.Memory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A connection of a starter. It sends its request, is accepted or refused, says that the command is
 * to start, and then sends signals, see {@code starter-x86_64.s}. One thread calls {@link
 * #received} and {@link #close}.
 */
final class StarterConnection implements AutoCloseable {
  private static final int BUFFER_BYTES = 64 * 1024;
  private static final int FRAME_BYTES = 2;
  private static final int DESCRIPTORS = 4;

  private final UnixSocket socket;
  private final int pid;
  private final Commands commands;
  private final List<Fd> descriptors = new ArrayList<>();
  private final ByteArrayOutputStream request = new ByteArrayOutputStream();
  private @Nullable Session session;
  private boolean started;
  private boolean closed;

  private StarterConnection(UnixSocket socket, int pid, Commands commands) {
    this.socket = socket;
    this.pid = pid;
    this.commands = commands;
  }

  /**
   * Takes over a connection and tells the starter that it may send its request.
   *
   * @param own the identity that a starter must have
   * @return empty if the starter has another one; the connection is closed then
   */
  static Optional<StarterConnection> greet(
      UnixSocket socket, ProcessIdentity own, Commands commands) {
    try {
      PeerCredentials peer = socket.peer();
      if (peer.uid() == 0 && ProcessIdentity.of(Path.of("/proc/" + peer.pid())).equals(own)) {
        var greeted = new StarterConnection(socket, peer.pid(), commands);
        greeted.send('H', 0);
        return Optional.of(greeted);
      }
    } catch (IOException e) {
      // The starter is gone, or is in another pid namespace.
    }
    socket.close();
    return Optional.empty();
  }

  Fd fd() {
    return socket.fd();
  }

  /**
   * Handles what the starter has sent.
   *
   * @return false if the connection is of no use any more, and is to be closed
   */
  boolean received() {
    int length = session == null ? BUFFER_BYTES : FRAME_BYTES;
    byte[] bytes;
    try (Memory buffer = Memory.allocate(length)) {
      int count = socket.receive(buffer, 0, length, descriptors);
      if (count <= 0) {
        return count == Transfer.WOULD_BLOCK;
      }
      bytes = buffer.getBytes(0, count);
    }
    Session accepted = session;
    if (accepted == null) {
      request.writeBytes(bytes);
      return request.size() < StarterRequest.HEAD_BYTES || receivedRequest();
    }
    if (bytes.length != FRAME_BYTES) {
      return false;
    }
    return receivedFrame(accepted, bytes);
  }

  private boolean receivedFrame(Session accepted, byte[] frame) {
    switch (frame[0]) {
      case 'G' -> {
        if (started) {
          return false;
        }
        started = true;
        accepted.go();
      }
      case 's' -> accepted.signal(frame[1]);
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean receivedRequest() {
    byte[] all = request.toByteArray();
    byte[] head = Arrays.copyOf(all, StarterRequest.HEAD_BYTES);
    Optional<Integer> length = StarterRequest.length(head);
    if (length.isPresent() && all.length < head.length + length.get()) {
      return true;
    }
    request.reset();
    byte[] strings = Arrays.copyOfRange(all, head.length, all.length);
    session =
        length.flatMap(_ -> StarterRequest.parse(head, strings)).flatMap(this::accept).orElse(null);
    send(session == null ? 'R' : 'A', 0);
    return session != null;
  }

  /** Returns the session of a starter that may have its command run here. */
  private Optional<Session> accept(StarterRequest asked) {
    try {
      return descriptors.size() == DESCRIPTORS && !asked.hasOwnProgram()
          ? Optional.of(new Session(pid, asked, descriptors, commands, code -> send('X', code)))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // The starter's descriptors or directory cannot be served.
    }
  }

  private synchronized void send(int kind, int value) {
    if (closed) {
      return;
    }
    try (Memory frame = Memory.allocate(FRAME_BYTES)) {
      frame.putByte(0, kind).putByte(1, value);
      // A starter that cannot be told anything is gone, which the next read reports.
      socket.send(frame, 0, FRAME_BYTES);
    }
  }

  /** Ends a command that is still running, and closes the connection. */
  @Override
  public void close() {
    Session accepted = session;
    if (accepted == null) {
      descriptors.forEach(Fd::close);
    } else if (started) {
      accepted.callerGone();
    } else {
      accepted.drop();
    }
    synchronized (this) {
      closed = true;
      socket.close();
    }
  }
}
