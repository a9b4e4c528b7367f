package io.jukung.linux.fs;

import static io.jukung.linux.fs.OpenFlags.AT_EMPTY_PATH;
import static io.jukung.linux.fs.OpenFlags.AT_SYMLINK_NOFOLLOW;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.util.Optional;

/**
 * The status of a file, from statx(2).
 *
 * @param mode the permission bits with set-id and sticky, without the type
 * @param blocks the blocks of 512 bytes that the file takes on disk
 * @param mountRoot whether the file is what is mounted, and not something in it (since Linux 5.8)
 */
public record FileStatus(
    FileType type,
    int mode,
    int uid,
    int gid,
    long size,
    long blocks,
    long inode,
    int links,
    FileTime modified,
    int deviceMajor,
    int deviceMinor,
    int filesystemMajor,
    int filesystemMinor,
    boolean mountRoot) {
  private static final int STATX_BASIC_STATS = 0x7ff;
  private static final int STATX_BYTES = 256;
  private static final long STATX_ATTR_MOUNT_ROOT = 0x2000;

  /** Returns the status of an open file, also of an O_PATH handle. */
  public static FileStatus of(Fd file) throws ErrnoException {
    return statx(file, new byte[0], AT_EMPTY_PATH);
  }

  /** Returns the status of one name in a directory. A symlink is not followed. */
  public static FileStatus of(Fd directory, byte[] name) throws ErrnoException {
    return statx(directory, name, AT_SYMLINK_NOFOLLOW);
  }

  /** As {@link #of(Fd, byte[])}, but empty if nothing has that name. */
  public static Optional<FileStatus> find(Fd directory, byte[] name) throws ErrnoException {
    try {
      return Optional.of(of(directory, name));
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  public boolean isDirectory() {
    return type == FileType.DIRECTORY;
  }

  /** Whether this file is a whiteout, which stands for a deleted name in overlayfs. */
  public boolean isWhiteout() {
    return type == FileType.CHARACTER_DEVICE && deviceMajor == 0 && deviceMinor == 0;
  }

  private static FileStatus statx(Fd directory, byte[] name, int flags) throws ErrnoException {
    int fd = directory.number();
    try (Memory path = KernelPath.of("statx", name);
        Memory stat = Memory.allocate(STATX_BYTES)) {
      Kernel.call(
          Syscall.STATX,
          () -> "fd " + fd + ", path=" + KernelPath.text(name),
          fd,
          path.address(),
          flags,
          STATX_BASIC_STATS,
          stat.address());
      int mode = Short.toUnsignedInt(stat.getShort(28));
      return new FileStatus(
          FileType.ofMode(mode),
          mode & 0xFFF,
          stat.getInt(20),
          stat.getInt(24),
          stat.getLong(40),
          stat.getLong(48),
          stat.getLong(32),
          stat.getInt(16),
          new FileTime(stat.getLong(112), stat.getInt(120)),
          stat.getInt(128),
          stat.getInt(132),
          stat.getInt(136),
          stat.getInt(140),
          (stat.getLong(8) & STATX_ATTR_MOUNT_ROOT) != 0);
    }
  }
}
