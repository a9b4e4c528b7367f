package io.jukung.engine;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;

/** The unix socket of the API, which root and one group may use. */
final class ApiSocket {
  private static final int BACKLOG = 128;

  private ApiSocket() {}

  /**
   * Listens on a path. The socket of an engine that is gone is replaced.
   *
   * @param group empty: root's
   * @throws IOException if another engine listens there, or the group does not exist
   */
  static ServerSocketChannel listen(Path path, String group) throws IOException {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
    if (Files.exists(path)) {
      requireDead(address);
      Files.delete(path);
    }
    Path directory = path.toAbsolutePath().getParent();
    if (directory != null) {
      Files.createDirectories(directory);
    }
    ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    boolean done = false;
    try {
      channel.bind(address, BACKLOG);
      if (!group.isEmpty()) {
        Files.getFileAttributeView(path, PosixFileAttributeView.class)
            .setGroup(
                path.getFileSystem()
                    .getUserPrincipalLookupService()
                    .lookupPrincipalByGroupName(group));
      }
      // Only now may the group write, which connecting needs.
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw----"));
      done = true;
      return channel;
    } finally {
      if (!done) {
        channel.close();
        Files.deleteIfExists(path);
      }
    }
  }

  private static void requireDead(UnixDomainSocketAddress address) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(address);
    } catch (IOException e) {
      return; // nobody listens there
    }
    throw new IOException("another process serves " + address.getPath() + " already");
  }
}
