package io.jukung.runtime.nri;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The socket to which plugins connect. Only root may connect. */
final class PluginSocket implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PluginSocket.class);

  /** Waits after a failed accept(2), which may fail again at once for want of descriptors. */
  private static final Duration ACCEPT_PAUSE = Duration.ofSeconds(1);

  private static final int S_IFMT = 0170000;
  private static final int S_IFSOCK = 0140000;

  private final Path path;
  private final ServerSocketChannel server;

  private PluginSocket(Path path, ServerSocketChannel server) {
    this.path = path;
    this.server = server;
  }

  /**
   * Listens on the path. A socket file that nobody listens on is replaced.
   *
   * @param connected takes each connection, which it must close; it must not wait
   */
  static PluginSocket listen(Path path, Consumer<SocketChannel> connected) throws IOException {
    Path directory = Objects.requireNonNull(path.getParent(), "absolute path");
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    refuseIfTaken(path);
    // The file gets its mode before anybody can find it.
    Path temporary = path.resolveSibling(path.getFileName() + ".new");
    Files.deleteIfExists(temporary);
    ServerSocketChannel server = bind(temporary);
    Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
    PluginSocket socket = new PluginSocket(path, server);
    Thread.ofPlatform().daemon().name("nri accept").start(() -> socket.accept(connected));
    return socket;
  }

  /** Binds a socket that only root may connect to. */
  static ServerSocketChannel bind(Path path) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(path));
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
      return server;
    } catch (IOException e) {
      server.close();
      throw new IOException("listen on " + path + " for NRI plugins: " + e.getMessage(), e);
    }
  }

  private static void refuseIfTaken(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    if ((mode & S_IFMT) != S_IFSOCK) {
      throw new IOException("nri.socket " + path + " exists and is not a socket");
    }
    try (SocketChannel _ = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      throw new IOException("nri.socket " + path + " is in use by another process");
    } catch (ConnectException e) {
      LOG.debug("{} was left by a process that has ended", path);
    }
  }

  private void accept(Consumer<SocketChannel> connected) {
    while (true) {
      try {
        connected.accept(server.accept());
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        LOG.error("an NRI plugin cannot connect: {}", e.getMessage());
        try {
          Thread.sleep(ACCEPT_PAUSE);
        } catch (InterruptedException interrupted) {
          return;
        }
      }
    }
  }

  static void closeQuietly(SocketChannel connection) {
    try {
      connection.close();
    } catch (IOException e) {
      LOG.debug("close: {}", e.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    Files.deleteIfExists(path);
  }
}
