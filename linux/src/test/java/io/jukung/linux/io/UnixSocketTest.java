package io.jukung.linux.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Memory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixSocketTest {
  @TempDir Path directory;

  /** Both ends of a new connection, and the listening socket. */
  private record Connection(UnixSocket listener, UnixSocket client, UnixSocket server)
      implements AutoCloseable {
    static Connection at(Path path) throws ErrnoException {
      UnixSocket listener = UnixSocket.listen(path, 4);
      UnixSocket client = UnixSocket.connect(path);
      return new Connection(listener, client, Objects.requireNonNull(listener.accept()));
    }

    @Override
    public void close() {
      server.close();
      client.close();
      listener.close();
    }
  }

  @Test
  void socketFileHasMode0600() throws Exception {
    Path path = directory.resolve("s");
    try (UnixSocket listener = UnixSocket.listen(path, 4)) {
      assertThat(listener.accept()).isNull();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void bindToAnExistingPathFails() throws Exception {
    Path path = directory.resolve("s");
    try (UnixSocket listener = UnixSocket.listen(path, 4)) {
      assertThat(listener.fd().number()).isPositive();
      assertThatThrownBy(() -> UnixSocket.listen(path, 4))
          .isInstanceOfSatisfying(
              ErrnoException.class, e -> assertThat(e.is(Errno.EADDRINUSE)).isTrue())
          .hasMessageContaining("bind(" + path + ")");
    }
  }

  @Test
  void connectingToADeadSocketIsRefused() throws Exception {
    Path path = directory.resolve("s");
    UnixSocket.listen(path, 4).close();
    assertThatThrownBy(() -> UnixSocket.connect(path)).hasMessageContaining("ECONNREFUSED");
  }

  @Test
  void pathLongerThanAnAddressCanBeUsed() throws Exception {
    Path deep = Files.createDirectories(directory.resolve("d".repeat(100)).resolve("e".repeat(64)));
    try (Connection connection = Connection.at(deep.resolve("shim.sock"))) {
      assertThat(connection.client.peer().pid()).isEqualTo((int) ProcessHandle.current().pid());
    }
  }

  @Test
  void peerCredentialsAreThoseOfThisProcess() throws Exception {
    try (Connection connection = Connection.at(directory.resolve("s"))) {
      int uid = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
      assertThat(connection.server.peer())
          .isEqualTo(
              new PeerCredentials(
                  (int) ProcessHandle.current().pid(),
                  uid,
                  (int) Files.getAttribute(Path.of("/proc/self"), "unix:gid")));
    }
  }

  @Test
  void bytesArriveBeforeTheEnd() throws Exception {
    try (Connection connection = Connection.at(directory.resolve("s"));
        Memory out = Memory.ofBytes("hello".getBytes(StandardCharsets.UTF_8));
        Memory in = Memory.allocate(64)) {
      List<Fd> none = new ArrayList<>();
      assertThat(connection.server.receive(in, 0, 64, none)).isEqualTo(Transfer.WOULD_BLOCK);
      assertThat(connection.client.send(out, 1, 4)).isEqualTo(4);
      assertThat(connection.server.receive(in, 10, 54, none)).isEqualTo(4);
      assertThat(new String(in.getBytes(10, 4), StandardCharsets.UTF_8)).isEqualTo("ello");
      connection.client.close();
      assertThat(connection.server.receive(in, 0, 64, none)).isEqualTo(0);
      assertThat(connection.server.send(out, 0, 5)).isEqualTo(-Errno.EPIPE);
      assertThat(none).isEmpty();
    }
  }

  @Test
  void descriptorsTravelInOrderAndCloseOnExec() throws Exception {
    try (Connection connection = Connection.at(directory.resolve("s"));
        Pipe first = Pipe.open();
        Pipe second = Pipe.open();
        Memory buffer = Memory.allocate(8)) {
      assertThat(connection.client.send(buffer, 0, 3, List.of(first.writer(), second.writer())))
          .isEqualTo(3);
      List<Fd> received = new ArrayList<>();
      assertThat(connection.server.receive(buffer, 0, 8, received)).isEqualTo(3);
      assertThat(received).hasSize(2);
      received.get(0).write("one".getBytes(StandardCharsets.UTF_8));
      received.get(1).write("two".getBytes(StandardCharsets.UTF_8));
      assertThat(text(first.reader())).isEqualTo("one");
      assertThat(text(second.reader())).isEqualTo("two");
      for (Fd fd : received) {
        String flags = Files.readString(Path.of("/proc/self/fdinfo/" + fd.number()));
        assertThat(flags).containsPattern("flags:\\s+02000001");
        fd.close();
      }
    }
  }

  @Test
  void descriptorsStayWithTheBytesTheyCameBeside() throws Exception {
    try (Connection connection = Connection.at(directory.resolve("s"));
        Pipe pipe = Pipe.open();
        Memory buffer = Memory.allocate(64)) {
      connection.client.send(buffer, 0, 5);
      connection.client.send(buffer, 0, 7, List.of(pipe.reader()));
      connection.client.send(buffer, 0, 9, List.of(pipe.writer(), pipe.reader()));
      List<Fd> received = new ArrayList<>();
      // One call never returns the bytes of two messages with descriptors.
      assertThat(connection.server.receive(buffer, 0, 64, received)).isLessThanOrEqualTo(12);
      while (received.isEmpty()) {
        assertThat(connection.server.receive(buffer, 0, 64, received)).isPositive();
      }
      assertThat(received).hasSize(1);
      assertThat(connection.server.receive(buffer, 0, 64, received)).isEqualTo(9);
      assertThat(received).hasSize(3);
      received.forEach(Fd::close);
    }
  }

  @Test
  void unclaimedDescriptorsOfAClosedConnectionAreNotLeaked() throws Exception {
    try (Pipe pipe = Pipe.open()) {
      try (Connection connection = Connection.at(directory.resolve("s"));
          Memory buffer = Memory.allocate(8)) {
        connection.client.send(buffer, 0, 1, List.of(pipe.writer()));
      }
      pipe.writer().close();
      // The stream ends only when the copy that was in flight is closed.
      assertThat(pipe.reader().read(new byte[1], 0, 1)).isZero();
    }
  }

  private static String text(Fd fd) throws Exception {
    byte[] bytes = new byte[16];
    return new String(bytes, 0, fd.read(bytes, 0, 16), StandardCharsets.UTF_8);
  }
}
