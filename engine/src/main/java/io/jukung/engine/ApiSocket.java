package io.jukung.engine;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;

/** The unix socket of the API, which root and one group may use. */
final class ApiSocket {
  private static final int BACKLOG = 128;

  private static final int S_IFMT = 0170000;
  private static final int S_IFSOCK = 0140000;

  private ApiSocket() {}

  /**
   * Listens on a path. The socket of an engine that is gone is replaced.
   *
   * @param group empty: root's
   * @throws IOException if another engine listens there, something else is there, or the group does
   *     not exist
   */
  static ServerSocketChannel listen(Path path, String group) throws IOException {
    Path file = path.toAbsolutePath();
    requireFreeOrDead(file);
    Path directory = Objects.requireNonNull(file.getParent(), "the root is no socket");
    Files.createDirectories(directory);
    // Nobody else sees the socket until its group and mode are right.
    Path hidden = Files.createTempDirectory(directory, "."); // mode 0700
    Path socket = hidden.resolve("s");
    ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    boolean done = false;
    try {
      channel.bind(UnixDomainSocketAddress.of(socket), BACKLOG);
      if (!group.isEmpty()) {
        Files.getFileAttributeView(socket, PosixFileAttributeView.class)
            .setGroup(
                socket
                    .getFileSystem()
                    .getUserPrincipalLookupService()
                    .lookupPrincipalByGroupName(group));
      }
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw----"));
      Files.move(socket, file, StandardCopyOption.ATOMIC_MOVE);
      done = true;
      return channel;
    } finally {
      if (!done) {
        channel.close();
      }
      Files.deleteIfExists(socket);
      Files.deleteIfExists(hidden);
    }
  }

  /** Only a socket at which nobody listens may be replaced. */
  private static void requireFreeOrDead(Path file) throws IOException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    // A pipe or a device refuses a connection too.
    int mode = (int) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    if ((mode & S_IFMT) != S_IFSOCK) {
      throw new IOException(file + " exists and is no socket");
    }
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(file));
    } catch (ConnectException e) {
      return; // nobody listens there
    }
    throw new IOException("another process serves " + file + " already");
  }
}
