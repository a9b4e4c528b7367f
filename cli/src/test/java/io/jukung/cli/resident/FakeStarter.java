package io.jukung.cli.resident;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Pipe;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Does what the starter does, in this JVM, with pipes as its standard streams. */
final class FakeStarter implements AutoCloseable {
  private static final long BOUND_MILLIS = 20_000;

  private final UnixSocket socket;
  final Pipe in = Pipe.open();
  final Pipe out = Pipe.open();
  final Pipe err = Pipe.open();

  FakeStarter(Path path) throws IOException {
    socket = UnixSocket.connect(path);
    if (receive()[0] != 'H') {
      throw new AssertionError("the resident client does not greet");
    }
  }

  /**
   * Sends a request.
   *
   * @return whether it is accepted
   */
  boolean request(Path directory, List<String> arguments, String... variables) throws IOException {
    return request(directory, "jukung\0\1", arguments, variables);
  }

  boolean request(Path directory, String magic, List<String> arguments, String... variables)
      throws IOException {
    List<String> strings = new ArrayList<>(List.of("jukung"));
    strings.addAll(arguments);
    strings.addAll(List.of(variables));
    byte[] text = (String.join("\0", strings) + "\0").getBytes(UTF_8);
    ByteBuffer message = ByteBuffer.allocate(24 + text.length).order(ByteOrder.LITTLE_ENDIAN);
    message
        .put(magic.getBytes(UTF_8))
        .putLong(arguments.size() + 1L)
        .putLong(text.length)
        .put(text);
    try (Memory buffer = Memory.ofBytes(message.array());
        Memory name = Memory.ofString(directory.toString());
        Fd handle =
            Fd.own(
                Kernel.raw(Syscall.OPENAT, Fd.AT_FDCWD, name.address(), OpenFlags.O_PATH, 0, 0))) {
      socket.send(
          buffer, 0, message.capacity(), List.of(in.reader(), out.writer(), err.writer(), handle));
    }
    // Those of the resident client are the only ones now.
    in.reader().close();
    out.writer().close();
    err.writer().close();
    return receive()[0] == 'A';
  }

  void go() {
    send('G', 0);
  }

  void signal(int number) {
    send('s', number);
  }

  private void send(int kind, int value) {
    try (Memory frame = Memory.allocate(2)) {
      frame.putByte(0, kind).putByte(1, value);
      socket.send(frame, 0, 2);
    }
  }

  /** Waits for the end of the command and returns its exit code. */
  int exitCode() throws IOException {
    byte[] frame = receive();
    if (frame[0] != 'X') {
      throw new AssertionError("not an exit code: " + (char) frame[0]);
    }
    return frame[1] & 0xff;
  }

  private byte[] receive() throws IOException {
    if (Readiness.await(socket.fd(), Epoll.IN, BOUND_MILLIS) == 0) {
      throw new AssertionError("nothing comes from the resident client");
    }
    try (Memory buffer = Memory.allocate(2)) {
      int count = socket.receive(buffer, 0, 2, new ArrayList<>());
      if (count != 2) {
        throw new IOException("the resident client has closed the connection");
      }
      return buffer.getBytes(0, 2);
    }
  }

  /** Reads all of a stream, to its end. */
  static String text(Fd stream) throws IOException {
    StringBuilder text = new StringBuilder();
    byte[] piece = new byte[4096];
    int count;
    while ((count = stream.read(piece, 0, piece.length)) > 0) {
      text.append(new String(piece, 0, count, UTF_8));
    }
    return text.toString();
  }

  /** Closes the connection, as the end of the process does. */
  void die() {
    socket.close();
  }

  @Override
  public void close() {
    socket.close();
    in.close();
    out.close();
    err.close();
  }
}
