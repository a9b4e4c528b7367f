package io.jukung.runtime.streaming.session;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.libc.Memory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A terminal that a runtime of the OCI makes and sends to a socket (runc's option {@code
 * --console-socket}). The socket is for root only, in the bundle of the container.
 */
record SentTerminal(Path path, UnixSocket socket) implements AutoCloseable {
  /** The name of the terminal comes beside the descriptor. */
  private static final int MAX_NAME_BYTES = 4096;

  static SentTerminal listen(Path path) throws IOException {
    return new SentTerminal(path, UnixSocket.listen(path, 1));
  }

  /**
   * Returns the terminal's master. Does not wait: a runtime that has ended has sent it.
   *
   * @throws IOException if nothing, or something else, was sent
   */
  Fd receive() throws IOException {
    List<Fd> received = new ArrayList<>();
    try (UnixSocket connection = socket.accept();
        Memory name = Memory.allocate(MAX_NAME_BYTES)) {
      if (connection != null) {
        connection.receive(name, 0, MAX_NAME_BYTES, received);
      }
    }
    if (received.size() == 1) {
      return received.getFirst();
    }
    received.forEach(Fd::close);
    throw new IOException("the runtime has sent " + received.size() + " terminals to " + path);
  }

  @Override
  public void close() throws IOException {
    socket.close();
    Files.deleteIfExists(path);
  }
}
