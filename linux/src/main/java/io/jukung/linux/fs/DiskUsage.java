package io.jukung.linux.fs;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/**
 * The disk space of a tree, as du(1) counts it: a file with several names counts once, and other
 * file systems that are mounted in the tree do not count. Files that disappear during the count do
 * not count.
 */
public record DiskUsage(long bytes, long inodes) {
  public static final DiskUsage NONE = new DiskUsage(0, 0);

  private static final int BLOCK_BYTES = 512;

  public DiskUsage plus(DiskUsage other) {
    return new DiskUsage(bytes + other.bytes, inodes + other.inodes);
  }

  /** Counts a directory of the host and all that is below it. */
  public static DiskUsage of(Path directory) throws ErrnoException {
    try (Fd root = HostFile.openDirectory(directory)) {
      return of(root);
    }
  }

  /** Counts the directory and all that is below it. */
  public static DiskUsage of(Fd root) throws ErrnoException {
    FileStatus top = FileStatus.of(root);
    long bytes = top.blocks() * BLOCK_BYTES;
    long inodes = 1;
    Set<Long> counted = new HashSet<>();
    Deque<byte[]> pending = new ArrayDeque<>();
    pending.add(new byte[] {'.'});
    while (!pending.isEmpty()) {
      byte[] path = pending.removeLast();
      try (Fd directory =
          Openat2.open(root, path, OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW, 0)) {
        for (byte[] name : DirectoryListing.names(directory)) {
          FileStatus status = FileStatus.find(directory, name).orElse(null);
          if (status == null
              || status.filesystemMajor() != top.filesystemMajor()
              || status.filesystemMinor() != top.filesystemMinor()) {
            continue;
          }
          if (status.isDirectory()) {
            pending.add(child(path, name));
          } else if (status.links() > 1 && !counted.add(status.inode())) {
            continue;
          }
          bytes += status.blocks() * BLOCK_BYTES;
          inodes++;
        }
      } catch (ErrnoException e) {
        if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR) && !e.is(Errno.ELOOP)) {
          throw e;
        }
      }
    }
    return new DiskUsage(bytes, inodes);
  }

  private static byte[] child(byte[] path, byte[] name) {
    byte[] child = new byte[path.length + 1 + name.length];
    System.arraycopy(path, 0, child, 0, path.length);
    child[path.length] = '/';
    System.arraycopy(name, 0, child, path.length + 1, name.length);
    return child;
  }
}
