package io.jukung.runtime.build;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.Openat2;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The empty files and directories that a container's creation has made in its writable layer to
 * mount something on: /etc/resolv.conf, /proc and the targets of --mount. They are no work of the
 * command, and are removed before the layer is made. Not thread-safe.
 */
final class MountStubs {
  /** Deeper than any mount of a Dockerfile. */
  private static final int MAX_DEPTH = 200;

  private final List<Stub> stubs = new ArrayList<>();

  /** The path, the innermost last in the list; and how it was made. */
  private record Stub(String path, FileStatus status) {}

  private MountStubs() {}

  /** Takes note of all that is in a writable layer before the command runs. */
  static MountStubs of(Path upper) throws IOException {
    MountStubs found = new MountStubs();
    try (Fd root = HostFile.openDirectory(upper)) {
      found.add(root, "", 0);
    }
    return found;
  }

  private void add(Fd directory, String path, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new IOException("the target of a mount is too deep: " + path);
    }
    for (byte[] name : DirectoryListing.names(directory)) {
      String each = path + "/" + new String(name, StandardCharsets.UTF_8);
      FileStatus status = FileStatus.of(directory, name);
      stubs.add(new Stub(each, status));
      if (status.isDirectory()) {
        try (Fd child = DirectoryEntry.openDirectory(directory, name)) {
          add(child, each, depth + 1);
        }
      }
    }
  }

  /**
   * Removes what the command has left as it was: empty, with the same owner and mode. Links that
   * the command has put in the place of a directory stay inside the layer.
   */
  void remove(Path upper) throws IOException {
    try (Fd root = HostFile.openDirectory(upper)) {
      for (Stub stub : stubs.reversed()) {
        remove(root, stub);
      }
    }
  }

  private static void remove(Fd root, Stub stub) throws IOException {
    int slash = stub.path.lastIndexOf('/');
    byte[] name = stub.path.substring(slash + 1).getBytes(StandardCharsets.UTF_8);
    try (Fd parent = Openat2.openDirectory(root, stub.path.substring(0, slash))) {
      Optional<FileStatus> now = FileStatus.find(parent, name);
      if (now.isPresent() && isUntouched(stub.status, now.get())) {
        remove(parent, name, now.get());
      }
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR) && !e.is(Errno.ELOOP)) {
        throw e;
      }
      // The command has moved or replaced the directory that the stub is in.
    }
  }

  private static boolean isUntouched(FileStatus before, FileStatus now) {
    return now.type() == before.type()
        && now.mode() == before.mode()
        && now.uid() == before.uid()
        && now.gid() == before.gid()
        && now.inode() == before.inode()
        && now.filesystemMajor() == before.filesystemMajor()
        && now.filesystemMinor() == before.filesystemMinor()
        && (now.type() == FileType.DIRECTORY
            || (now.type() == FileType.REGULAR && now.size() == 0 && now.links() == 1));
  }

  private static void remove(Fd parent, byte[] name, FileStatus status) throws IOException {
    if (!status.isDirectory()) {
      DirectoryEntry.unlink(parent, name);
      return;
    }
    boolean empty;
    try (Fd directory = DirectoryEntry.openDirectory(parent, name)) {
      empty =
          DirectoryListing.names(directory).isEmpty()
              && ExtendedAttributes.list(directory).stream()
                  .noneMatch(attribute -> attribute.endsWith("overlay.opaque"));
    }
    if (empty) {
      DirectoryEntry.removeDirectory(parent, name);
    }
  }
}
