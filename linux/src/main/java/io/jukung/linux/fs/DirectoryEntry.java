package io.jukung.linux.fs;

import static io.jukung.linux.fs.OpenFlags.AT_REMOVEDIR;
import static io.jukung.linux.fs.OpenFlags.O_CLOEXEC;
import static io.jukung.linux.fs.OpenFlags.O_CREAT;
import static io.jukung.linux.fs.OpenFlags.O_DIRECTORY;
import static io.jukung.linux.fs.OpenFlags.O_EXCL;
import static io.jukung.linux.fs.OpenFlags.O_NOFOLLOW;
import static io.jukung.linux.fs.OpenFlags.O_PATH;
import static io.jukung.linux.fs.OpenFlags.O_RDONLY;
import static io.jukung.linux.fs.OpenFlags.O_WRONLY;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;

/**
 * Operations on one name in an open directory. The name is a single path component, in the bytes of
 * the file system: an empty name, {@code .}, {@code ..} and a name with a slash are EINVAL.
 * Symlinks are never followed. Modes are exact, whatever the umask is.
 */
public final class DirectoryEntry {
  private static final int RENAME_NOREPLACE = 1;
  private static final int PATH_MAX = 4096;

  private DirectoryEntry() {}

  /** Creates a regular file and opens it for writing; EEXIST if the name is taken. */
  public static Fd createFile(Fd directory, byte[] name, int mode) throws ErrnoException {
    Fd file = open(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    try {
      FileAttributes.setMode(file, mode);
      return file;
    } catch (ErrnoException e) {
      file.close();
      throw e;
    }
  }

  public static Fd openDirectory(Fd directory, byte[] name) throws ErrnoException {
    return open(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
  }

  /** Opens a handle without access (O_PATH), also of a symlink. */
  public static Fd openPath(Fd directory, byte[] name) throws ErrnoException {
    return open(directory, name, O_PATH | O_NOFOLLOW, 0);
  }

  public static void makeDirectory(Fd directory, byte[] name, int mode) throws ErrnoException {
    int fd = directory.number();
    try (Memory path = single("mkdirat", directory, name)) {
      Kernel.call(Syscall.MKDIRAT, () -> describe(directory, name, mode), fd, path.address(), mode);
    }
    try (Fd made = openDirectory(directory, name)) {
      FileAttributes.setMode(made, mode);
    }
  }

  /** Makes a directory; returns false if the name is taken. */
  public static boolean makeDirectoryIfAbsent(Fd directory, byte[] name, int mode)
      throws ErrnoException {
    try {
      makeDirectory(directory, name, mode);
      return true;
    } catch (ErrnoException e) {
      if (e.is(Errno.EEXIST)) {
        return false;
      }
      throw e;
    }
  }

  /** Makes an empty file; returns false if the name is taken. */
  public static boolean makeFileIfAbsent(Fd directory, byte[] name, int mode)
      throws ErrnoException {
    try {
      createFile(directory, name, mode).close();
      return true;
    } catch (ErrnoException e) {
      if (e.is(Errno.EEXIST)) {
        return false;
      }
      throw e;
    }
  }

  public static void makeSymlink(Fd directory, byte[] name, byte[] target) throws ErrnoException {
    int fd = directory.number();
    try (Memory path = single("symlinkat", directory, name);
        Memory to = KernelPath.of("symlinkat", target)) {
      Kernel.call(
          Syscall.SYMLINKAT,
          () -> "target=" + KernelPath.text(target) + ", " + describe(directory, name),
          to.address(),
          fd,
          path.address());
    }
  }

  /** Returns the target of a symlink; EINVAL if the name is not a symlink. */
  public static byte[] readSymlink(Fd directory, byte[] name) throws ErrnoException {
    int fd = directory.number();
    try (Memory path = single("readlinkat", directory, name);
        Memory target = Memory.allocate(PATH_MAX)) {
      long length =
          Kernel.call(
              Syscall.READLINKAT,
              () -> describe(directory, name),
              fd,
              path.address(),
              target.address(),
              PATH_MAX,
              0);
      return target.getBytes(0, (int) length);
    }
  }

  /**
   * Makes a hard link to {@code existing} in {@code from}. If that is a symlink, the symlink itself
   * is linked.
   */
  public static void makeHardLink(Fd from, byte[] existing, Fd directory, byte[] name)
      throws ErrnoException {
    int fromFd = from.number();
    int fd = directory.number();
    try (Memory source = single("linkat", from, existing);
        Memory path = single("linkat", directory, name)) {
      Kernel.call(
          Syscall.LINKAT,
          () -> "from=" + describe(from, existing) + ", to=" + describe(directory, name),
          fromFd,
          source.address(),
          fd,
          path.address(),
          0);
    }
  }

  /** Makes a device, FIFO or socket. The device number is used for devices only. */
  public static void makeNode(
      Fd directory, byte[] name, FileType type, int mode, DeviceNumber device)
      throws ErrnoException {
    int fd = directory.number();
    try (Memory path = single("mknodat", directory, name)) {
      Kernel.call(
          Syscall.MKNODAT,
          () ->
              "%s, type=%s, mode=0%o, device=%s"
                  .formatted(describe(directory, name), type.noun(), mode, device),
          fd,
          path.address(),
          type.bits() | mode,
          device.encoded(),
          0);
    }
    try (Fd made = openPath(directory, name)) {
      FileAttributes.setMode(made, mode);
    }
  }

  /** Makes a whiteout, which stands for a deleted name in overlayfs: a character device 0/0. */
  public static void makeWhiteout(Fd directory, byte[] name) throws ErrnoException {
    makeNode(directory, name, FileType.CHARACTER_DEVICE, 0, new DeviceNumber(0, 0));
  }

  /** Removes a name that is not a directory. */
  public static void unlink(Fd directory, byte[] name) throws ErrnoException {
    remove(directory, name, 0);
  }

  /** Removes an empty directory. */
  public static void removeDirectory(Fd directory, byte[] name) throws ErrnoException {
    remove(directory, name, AT_REMOVEDIR);
  }

  /**
   * Removes a name, if that is possible.
   *
   * @return 0, or one of ENOENT, EISDIR and ENOTEMPTY if that is why the name was not removed
   */
  static int tryUnlink(Fd directory, byte[] name) throws ErrnoException {
    return tryRemove(directory, name, 0);
  }

  /** As {@link #tryUnlink}, for an empty directory. */
  static int tryRemoveDirectory(Fd directory, byte[] name) throws ErrnoException {
    return tryRemove(directory, name, AT_REMOVEDIR);
  }

  private static int tryRemove(Fd directory, byte[] name, int flags) throws ErrnoException {
    int fd = directory.number();
    try (Memory path = single("unlinkat", directory, name)) {
      return (int)
          -Kernel.attempt(
              Syscall.UNLINKAT,
              () -> describe(directory, name),
              errno -> errno == Errno.ENOENT || errno == Errno.EISDIR || errno == Errno.ENOTEMPTY,
              fd,
              path.address(),
              flags,
              0);
    }
  }

  /** Renames, and replaces what has the new name (renameat2(2)). */
  public static void rename(Fd from, byte[] name, Fd to, byte[] newName) throws ErrnoException {
    rename(from, name, to, newName, 0);
  }

  /** Renames; EEXIST if the new name is taken. */
  public static void renameToNew(Fd from, byte[] name, Fd to, byte[] newName)
      throws ErrnoException {
    rename(from, name, to, newName, RENAME_NOREPLACE);
  }

  private static void rename(Fd from, byte[] name, Fd to, byte[] newName, int flags)
      throws ErrnoException {
    int fromFd = from.number();
    int toFd = to.number();
    try (Memory source = single("renameat2", from, name);
        Memory target = single("renameat2", to, newName)) {
      Kernel.call(
          Syscall.RENAMEAT2,
          () -> "from=" + describe(from, name) + ", to=" + describe(to, newName),
          fromFd,
          source.address(),
          toFd,
          target.address(),
          flags);
    }
  }

  private static void remove(Fd directory, byte[] name, int flags) throws ErrnoException {
    int fd = directory.number();
    try (Memory path = single("unlinkat", directory, name)) {
      Kernel.call(Syscall.UNLINKAT, () -> describe(directory, name), fd, path.address(), flags);
    }
  }

  private static Fd open(Fd directory, byte[] name, int flags, int mode) throws ErrnoException {
    int fd = directory.number();
    try (Memory path = single("openat", directory, name)) {
      return Fd.own(
          Kernel.call(
              Syscall.OPENAT,
              () -> describe(directory, name) + ", " + OpenFlags.describe(flags),
              fd,
              path.address(),
              flags | O_CLOEXEC,
              mode,
              0));
    }
  }

  /** Returns the zero-terminated name; EINVAL if it is not one plain component. */
  static Memory single(String call, Fd directory, byte[] name) throws ErrnoException {
    boolean dots =
        (name.length == 1 && name[0] == '.')
            || (name.length == 2 && name[0] == '.' && name[1] == '.');
    boolean slash = false;
    for (byte b : name) {
      slash |= b == '/';
    }
    if (dots || slash || name.length == 0) {
      throw new ErrnoException(call, describe(directory, name), Errno.EINVAL);
    }
    return KernelPath.of(call, name);
  }

  static String describe(Fd directory, byte[] name) {
    return "directory=" + directory + ", name=" + KernelPath.text(name);
  }

  private static String describe(Fd directory, byte[] name, int mode) {
    return "%s, mode=0%o".formatted(describe(directory, name), mode);
  }
}
