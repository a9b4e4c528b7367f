package io.jukung.runtime.server;

import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.FileMode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;

/**
 * The path of the listening unix socket. The server binds {@link #temporary()}; {@link #publish}
 * then sets owner and mode and renames the socket, so that nobody can connect before they are set.
 */
final class ListeningSocket {
  /** sizeof(sun_path) in unix(7), with its final zero. */
  private static final int MAX_PATH_BYTES = 108;

  private final Path path;
  private final Path temporary;

  private ListeningSocket(Path path) {
    this.path = path;
    this.temporary = path.resolveSibling(path.getFileName() + ".new");
  }

  /**
   * Creates the directory of the socket and removes a socket file on which nobody listens.
   *
   * @throws StartupException if another process listens on the path
   */
  static ListeningSocket claim(Path path) throws StartupException {
    var socket = new ListeningSocket(path);
    if (socket.temporary.toString().getBytes(StandardCharsets.UTF_8).length >= MAX_PATH_BYTES) {
      throw new StartupException(
          "socket path " + path + " is too long, a unix socket's has at most 103 bytes");
    }
    try {
      Path directory = Objects.requireNonNull(path.getParent(), "absolute path");
      if (!Files.isDirectory(directory)) {
        Files.createDirectories(
            directory,
            // Everyone may pass the directory: the socket's own mode says who may connect.
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
      }
      socket.refuseIfTaken();
      Files.deleteIfExists(socket.temporary);
    } catch (IOException e) {
      throw new StartupException("cannot use socket " + path + ": " + e, e);
    }
    return socket;
  }

  private void refuseIfTaken() throws IOException, StartupException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if ((mode() & S_IFMT) != S_IFSOCK) {
      throw new StartupException(path + " exists and is not a socket");
    }
    try (SocketChannel _ = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      throw new StartupException("socket " + path + " is in use by another process");
    } catch (ConnectException e) {
      Files.delete(path); // left by a process that was killed
    }
  }

  private static final int S_IFMT = 0170000;
  private static final int S_IFSOCK = 0140000;

  private int mode() throws IOException {
    return (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
  }

  Path temporary() {
    return temporary;
  }

  void publish(Config.Server settings) throws IOException {
    publish(settings.socketGroup(), settings.socketMode());
  }

  /**
   * Lets clients connect that the group and the mode admit.
   *
   * @param group the name or the number of a group
   */
  void publish(String group, FileMode mode) throws IOException {
    var attributes = Files.getFileAttributeView(temporary, PosixFileAttributeView.class);
    attributes.setGroup(
        temporary
            .getFileSystem()
            .getUserPrincipalLookupService()
            .lookupPrincipalByGroupName(group));
    Files.setPosixFilePermissions(temporary, mode.permissions());
    Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
  }

  void remove() throws IOException {
    Files.deleteIfExists(path);
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
