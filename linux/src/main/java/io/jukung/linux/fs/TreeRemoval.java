package io.jukung.linux.fs;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Objects;

/**
 * Removes directory trees whose names and depth are not trusted. Instead of descending, each
 * directory that is not empty is moved beside the root of the tree, so that neither the stack nor
 * the number of open descriptors grows with the depth. A removal that was interrupted leaves such
 * directories, under names that begin with the name of the tree; they are in nobody's way, and are
 * removed by their own names. Symlinks are removed and never followed. A mount in the tree is an
 * error (EBUSY).
 */
public final class TreeRemoval {
  private TreeRemoval() {}

  /**
   * Removes the file or tree at a path. Does nothing if there is nothing.
   *
   * @param tree a path that the caller trusts, and not the root
   */
  public static void remove(Path tree) throws ErrnoException {
    Path parent = Objects.requireNonNull(tree.toAbsolutePath().getParent(), "the root");
    byte[] name = tree.getFileName().toString().getBytes(StandardCharsets.UTF_8);
    try (Fd directory = HostFile.openDirectory(parent)) {
      remove(directory, name);
    }
  }

  /** Removes the name and all that is below it. Does nothing if nothing has that name. */
  public static void remove(Fd directory, byte[] name) throws ErrnoException {
    if (DirectoryEntry.tryUnlink(directory, name) != Errno.EISDIR) {
      return; // removed, or nothing has that name
    }
    Deque<byte[]> pending = new ArrayDeque<>();
    pending.add(name);
    long moved = 0;
    while (!pending.isEmpty()) {
      byte[] next = pending.removeFirst();
      try (Fd tree = DirectoryEntry.openDirectory(directory, next)) {
        for (byte[] child : DirectoryListing.names(tree)) {
          if (!removeOne(tree, child)) {
            byte[] aside;
            do {
              aside = aside(name, ++moved);
            } while (!moved(tree, child, directory, aside));
            pending.add(aside);
          }
        }
      }
      DirectoryEntry.removeDirectory(directory, next);
    }
  }

  /** Removes a child; returns false if it is a directory that is not empty. */
  private static boolean removeOne(Fd tree, byte[] child) throws ErrnoException {
    int errno = DirectoryEntry.tryUnlink(tree, child);
    if (errno == Errno.EISDIR) {
      errno = DirectoryEntry.tryRemoveDirectory(tree, child);
    }
    if (errno != 0 && errno != Errno.ENOTEMPTY) {
      throw new ErrnoException("unlinkat", DirectoryEntry.describe(tree, child), errno);
    }
    return errno == 0;
  }

  /**
   * Moves a child aside; returns false if the name is taken, which what an interrupted removal has
   * left may do.
   */
  private static boolean moved(Fd tree, byte[] child, Fd directory, byte[] aside)
      throws ErrnoException {
    try {
      DirectoryEntry.renameToNew(tree, child, directory, aside);
      return true;
    } catch (ErrnoException e) {
      if (e.is(Errno.EEXIST)) {
        return false;
      }
      throw e;
    }
  }

  private static byte[] aside(byte[] name, long number) {
    byte[] suffix = (".removing-" + number).getBytes(US_ASCII);
    // A file name has at most 255 bytes.
    int kept = Math.min(name.length, 255 - suffix.length);
    byte[] aside = Arrays.copyOf(name, kept + suffix.length);
    System.arraycopy(suffix, 0, aside, kept, suffix.length);
    return aside;
  }
}
