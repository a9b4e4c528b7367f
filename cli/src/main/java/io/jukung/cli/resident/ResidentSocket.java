package io.jukung.cli.resident;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.UnixSocket;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The socket on which the resident client listens, in a directory that only root may enter. The
 * starter chooses the path: it names the installation and the cgroup, so that a client of another
 * installation, of an earlier state of this one, or of another session has another socket.
 */
final class ResidentSocket implements AutoCloseable {
  private static final int BACKLOG = 64;
  private static final int ROOT = 0;
  private static final int DIRECTORY_0700 = 0x41c0;

  private final Path path;
  private final UnixSocket listener;
  private final @Nullable Object key;

  private ResidentSocket(Path path, UnixSocket listener) throws IOException {
    this.path = path;
    this.listener = listener;
    this.key = key();
  }

  /**
   * Makes the directory and the socket, and listens.
   *
   * @throws IOException if another resident client listens there, or the directory is not root's
   */
  static ResidentSocket listen(Path path) throws IOException {
    Path directory = Objects.requireNonNull(path.getParent(), "the socket's path is absolute");
    try {
      Files.createDirectory(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (FileAlreadyExistsException e) {
      // Its owner and mode are checked below, as those of a new one.
    }
    requireRootsOwn(directory);
    try {
      return new ResidentSocket(path, UnixSocket.listen(path, BACKLOG));
    } catch (ErrnoException e) {
      if (!e.is(Errno.EADDRINUSE)) {
        throw e;
      }
    }
    removeIfDead(path);
    return new ResidentSocket(path, UnixSocket.listen(path, BACKLOG));
  }

  private static void requireRootsOwn(Path directory) throws IOException {
    Map<String, Object> attributes =
        Files.readAttributes(directory, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
    if (!Objects.equals(attributes.get("uid"), ROOT)
        || !Objects.equals(attributes.get("mode"), DIRECTORY_0700)) {
      throw new IOException(directory + " is not a directory that only root may enter");
    }
  }

  /** Removes the socket of a process that has ended. */
  private static void removeIfDead(Path path) throws IOException {
    try (UnixSocket other = UnixSocket.connect(path)) {
      throw new IOException("pid " + other.peer().pid() + " listens on " + path);
    } catch (ErrnoException e) {
      if (!e.is(Errno.ECONNREFUSED)) {
        throw e;
      }
      Files.deleteIfExists(path);
    }
  }

  /** Returns the next waiting connection; null if there is none. */
  @Nullable UnixSocket accept() throws ErrnoException {
    return listener.accept();
  }

  Fd fd() {
    return listener.fd();
  }

  /** Whether new connections come here: the socket's file was not removed or replaced. */
  boolean isReachable() throws IOException {
    return key != null && key.equals(key());
  }

  private @Nullable Object key() throws IOException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .fileKey();
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** Refuses further connections, and removes the socket, and the directory if it is empty then. */
  @Override
  public void close() throws IOException {
    try {
      if (isReachable()) {
        Files.deleteIfExists(path);
        Files.deleteIfExists(Objects.requireNonNull(path.getParent()));
      }
    } catch (DirectoryNotEmptyException e) {
      return; // Resident clients of other installations are there.
    } finally {
      listener.close();
    }
  }
}
