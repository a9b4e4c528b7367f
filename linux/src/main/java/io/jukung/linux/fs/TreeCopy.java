package io.jukung.linux.fs;

import static io.jukung.linux.fs.OpenFlags.O_NOFOLLOW;
import static io.jukung.linux.fs.OpenFlags.O_NONBLOCK;
import static io.jukung.linux.fs.OpenFlags.O_RDONLY;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.Optional;

/**
 * Copies directory trees with owners, modes, times and extended attributes. Symlinks are copied and
 * never followed, so nothing outside the tree is read or written. Hard links become separate files.
 */
public final class TreeCopy {
  /**
   * The deepest tree that is copied: each level takes two descriptors and a stack frame. Published
   * images stay below 50.
   */
  private static final int MAX_DEPTH = 256;

  private TreeCopy() {}

  /**
   * Copies the content and the attributes of a directory.
   *
   * @param to an empty directory
   */
  public static void copy(Fd from, Fd to) throws IOException {
    copy(from, to, 0);
  }

  private static void copy(Fd from, Fd to, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new ErrnoException("copy", from + ", " + MAX_DEPTH + " levels", Errno.ELOOP);
    }
    for (byte[] name : DirectoryListing.names(from)) {
      FileStatus status = FileStatus.of(from, name);
      switch (status.type()) {
        case DIRECTORY -> {
          DirectoryEntry.makeDirectory(to, name, 0700);
          try (Fd source = DirectoryEntry.openDirectory(from, name);
              Fd target = DirectoryEntry.openDirectory(to, name)) {
            copy(source, target, depth + 1);
          }
        }
        case REGULAR -> copyFile(from, to, name, status);
        case SYMLINK -> {
          DirectoryEntry.makeSymlink(to, name, DirectoryEntry.readSymlink(from, name));
          finish(from, to, name, status);
        }
        case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET -> {
          DirectoryEntry.makeNode(
              to,
              name,
              status.type(),
              status.mode(),
              new DeviceNumber(status.deviceMajor(), status.deviceMinor()));
          finish(from, to, name, status);
        }
      }
    }
    copyAttributes(from, to);
  }

  private static void copyFile(Fd from, Fd to, byte[] name, FileStatus status) throws IOException {
    try (Fd source = Openat2.open(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
        Fd target = DirectoryEntry.createFile(to, name, 0600)) {
      try (FileInputStream in = new FileInputStream(source.procPath());
          FileOutputStream out = new FileOutputStream(target.procPath())) {
        in.transferTo(out);
      }
      copyAttributes(source, target, status);
    }
  }

  /** Copies owner, mode, times and extended attributes of an open file or directory. */
  public static void copyAttributes(Fd from, Fd to) throws ErrnoException {
    copyAttributes(from, to, FileStatus.of(from));
  }

  private static void copyAttributes(Fd from, Fd to, FileStatus status) throws ErrnoException {
    FileAttributes.setOwner(to, status.uid(), status.gid());
    FileAttributes.setMode(
        to, status.mode()); // after the owner, because changing the owner clears set-id bits
    for (String attribute : ExtendedAttributes.list(from)) {
      Optional<byte[]> value = ExtendedAttributes.get(from, attribute);
      if (value.isPresent() && isPlain(attribute)) {
        ExtendedAttributes.set(to, attribute, value.get());
      }
    }
    FileAttributes.setTimes(to, status.modified(), status.modified());
  }

  /** Copies the attributes of a file that must not be opened. */
  private static void finish(Fd from, Fd to, byte[] name, FileStatus status) throws ErrnoException {
    FileAttributes.setOwner(to, name, status.uid(), status.gid());
    for (String attribute : ExtendedAttributes.list(from, name)) {
      Optional<byte[]> value = ExtendedAttributes.get(from, name, attribute);
      if (value.isPresent() && isPlain(attribute)) {
        ExtendedAttributes.set(to, name, attribute, value.get());
      }
    }
    FileAttributes.setTimes(to, name, status.modified(), status.modified());
  }

  /**
   * Whether an attribute is copied. Security labels belong to the host, and the attributes of
   * overlayfs have no meaning elsewhere.
   */
  private static boolean isPlain(String attribute) {
    return attribute.startsWith("user.")
        || attribute.equals("security.capability")
        || attribute.startsWith("system.posix_acl_");
  }
}
