package io.jukung.linux.fs;

import static io.jukung.linux.fs.OpenFlags.AT_EMPTY_PATH;
import static io.jukung.linux.fs.OpenFlags.AT_SYMLINK_NOFOLLOW;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;

/**
 * Sets mode, owner and times of an open file, or of one name in an open directory, where a symlink
 * is not followed. Handles without access (O_PATH) suffice. Changing the owner clears the set-id
 * bits and the file capabilities, so set the owner first, then the mode, then the capabilities.
 */
public final class FileAttributes {
  private static final int TIMESPEC_BYTES = 16;

  private FileAttributes() {}

  /** Sets the permission, set-id and sticky bits. EOPNOTSUPP for a symlink, which has no mode. */
  public static void setMode(Fd file, int mode) throws ErrnoException {
    int fd = file.number();
    long result = Kernel.raw(Syscall.FCHMOD, fd, mode, 0, 0, 0);
    if (result == -Errno.EBADF) {
      // The handle is O_PATH: its magic link leads to the inode itself, even if that is a symlink.
      String path = file.procPath();
      try (Memory name = KernelPath.of("fchmodat", path.getBytes(UTF_8))) {
        Kernel.call(
            Syscall.FCHMODAT,
            () -> "%s, mode=0%o".formatted(path, mode),
            Fd.AT_FDCWD,
            name.address(),
            mode);
      }
    } else if (result < 0) {
      throw new ErrnoException("fchmod", "%s, mode=0%o".formatted(file, mode), (int) -result);
    }
  }

  public static void setOwner(Fd file, int uid, int gid) throws ErrnoException {
    setOwner(file, new byte[0], uid, gid, AT_EMPTY_PATH);
  }

  public static void setOwner(Fd directory, byte[] name, int uid, int gid) throws ErrnoException {
    DirectoryEntry.single("fchownat", directory, name).close();
    setOwner(directory, name, uid, gid, AT_SYMLINK_NOFOLLOW);
  }

  public static void setTimes(Fd file, FileTime accessed, FileTime modified) throws ErrnoException {
    setTimes(file, new byte[0], accessed, modified, AT_EMPTY_PATH);
  }

  public static void setTimes(Fd directory, byte[] name, FileTime accessed, FileTime modified)
      throws ErrnoException {
    DirectoryEntry.single("utimensat", directory, name).close();
    setTimes(directory, name, accessed, modified, AT_SYMLINK_NOFOLLOW);
  }

  private static void setOwner(Fd at, byte[] name, int uid, int gid, int flags)
      throws ErrnoException {
    int fd = at.number();
    try (Memory path = KernelPath.of("fchownat", name)) {
      Kernel.call(
          Syscall.FCHOWNAT,
          () ->
              "%s, owner=%s:%s"
                  .formatted(
                      DirectoryEntry.describe(at, name),
                      Integer.toUnsignedString(uid),
                      Integer.toUnsignedString(gid)),
          fd,
          path.address(),
          Integer.toUnsignedLong(uid),
          Integer.toUnsignedLong(gid),
          flags);
    }
  }

  private static void setTimes(Fd at, byte[] name, FileTime accessed, FileTime modified, int flags)
      throws ErrnoException {
    int fd = at.number();
    try (Memory path = KernelPath.of("utimensat", name);
        Memory times = Memory.allocate(2 * TIMESPEC_BYTES)) {
      times.putLong(0, accessed.seconds()).putLong(8, accessed.nanoseconds());
      times.putLong(16, modified.seconds()).putLong(24, modified.nanoseconds());
      Kernel.call(
          Syscall.UTIMENSAT,
          () -> DirectoryEntry.describe(at, name) + ", modified=" + modified,
          fd,
          path.address(),
          times.address(),
          flags,
          0);
    }
  }
}
