package io.jukung.linux.lsm;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import java.io.IOException;
import java.nio.file.Path;

/** Sets SELinux labels of files on the node. */
public final class FileLabels {
  private static final String ATTRIBUTE = "security.selinux";

  /** The deepest tree that is labelled: each level takes a descriptor. */
  private static final int MAX_DEPTH = 256;

  private FileLabels() {}

  /**
   * Labels a file, or a directory and all that is below it. Symlinks are not followed, because a
   * container may change the tree meanwhile. File systems without labels stay unchanged.
   */
  public static void set(Path tree, String label) throws IOException {
    Path parent = tree.getParent();
    if (parent == null) {
      throw new IllegalArgumentException("label of " + tree);
    }
    byte[] name = String.valueOf(tree.getFileName()).getBytes(UTF_8);
    try (Fd directory = HostFile.openDirectory(parent)) {
      set(directory, name, label.getBytes(UTF_8), 0);
    } catch (ErrnoException e) {
      throw new IOException("label " + label + " for " + tree + ": " + e.getMessage(), e);
    }
  }

  private static void set(Fd directory, byte[] name, byte[] label, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new IOException("more than " + MAX_DEPTH + " directories in one another");
    }
    try {
      ExtendedAttributes.set(directory, name, ATTRIBUTE, label);
    } catch (ErrnoException e) {
      if (e.is(Errno.EOPNOTSUPP)
          || e.is(Errno.ENOENT)) { // the file system has no labels, or the file has been removed
        return;
      }
      throw e;
    }
    try (Fd inner = DirectoryEntry.openDirectory(directory, name)) {
      for (byte[] each : DirectoryListing.names(inner)) {
        set(inner, each, label, depth + 1);
      }
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENOTDIR) && !e.is(Errno.ENOENT)) {
        throw e;
      }
    }
  }
}
