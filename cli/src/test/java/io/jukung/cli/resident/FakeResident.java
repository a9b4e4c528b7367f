package io.jukung.cli.resident;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.libc.Memory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The other end of a starter, which does what a test says. */
final class FakeResident implements AutoCloseable {
  private static final long BOUND_MILLIS = 20_000;
  private static final int HEAD_BYTES = 24;

  private final UnixSocket listener;
  private final List<Fd> descriptors = new ArrayList<>();
  private @Nullable UnixSocket starter;

  FakeResident(Path socket) throws IOException {
    listener = UnixSocket.listen(socket, 4);
  }

  /** Waits until a starter connects, and takes its connection. */
  void accept() throws IOException {
    if (Readiness.await(listener.fd(), Epoll.IN, BOUND_MILLIS) == 0) {
      throw new AssertionError("no starter has connected");
    }
    starter = listener.accept();
  }

  /** Waits for a starter, and tells it to send its request. */
  void greet() throws IOException {
    accept();
    send('H', 0);
  }

  /** Whether a starter has connected that was not accepted. */
  boolean isConnectedTo() throws IOException {
    return Readiness.await(listener.fd(), Epoll.IN, 0) != 0;
  }

  /** Receives the strings of a request: the arguments and then the variables. */
  List<String> receiveRequest() throws IOException {
    ByteBuffer head = ByteBuffer.wrap(receive(HEAD_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] text = new byte[8];
    head.get(text);
    if (!new String(text, UTF_8).equals("jukung\0\1")) {
      throw new AssertionError("the request begins with " + new String(text, UTF_8));
    }
    head.getLong();
    String strings = new String(receive((int) head.getLong()), UTF_8);
    return List.of(strings.split("\0"));
  }

  /** The descriptors of the request. */
  List<Fd> descriptors() {
    return descriptors;
  }

  /** Receives so many bytes; fewer if the starter closes the connection. */
  byte[] receive(int length) throws IOException {
    var received = new ByteArrayOutputStream();
    try (Memory buffer = Memory.allocate(length)) {
      while (received.size() < length) {
        if (Readiness.await(connection().fd(), Epoll.IN, BOUND_MILLIS) == 0) {
          throw new AssertionError("nothing comes from the starter");
        }
        int count = connection().receive(buffer, 0, length - received.size(), descriptors);
        if (count <= 0) {
          break;
        }
        received.writeBytes(buffer.getBytes(0, count));
      }
    }
    return received.toByteArray();
  }

  /** Sends a message; a refusal closes the descriptors of the request. */
  void send(int kind, int value) {
    if (kind == 'R') {
      descriptors.forEach(Fd::close);
    }
    try (Memory frame = Memory.allocate(2)) {
      frame.putByte(0, kind).putByte(1, value);
      connection().send(frame, 0, 2);
    }
  }

  /** Receives a request, accepts it and waits until the starter says that the command starts. */
  List<String> start() throws IOException {
    greet();
    final List<String> request = receiveRequest();
    send('A', 0);
    byte[] go = receive(2);
    if (go.length != 2 || go[0] != 'G') {
      throw new AssertionError("the starter does not start the command");
    }
    return request;
  }

  private UnixSocket connection() {
    if (starter == null) {
      throw new IllegalStateException("no starter is accepted");
    }
    return starter;
  }

  /** Ends the command, as a resident client that uses the starter's descriptors no more. */
  void exit(int code) {
    descriptors.forEach(Fd::close);
    send('X', code);
  }

  /** Closes the connection of the starter. */
  void hangUp() {
    descriptors.forEach(Fd::close);
    connection().close();
  }

  @Override
  public void close() {
    descriptors.forEach(Fd::close);
    if (starter != null) {
      starter.close();
    }
    listener.close();
  }
}
