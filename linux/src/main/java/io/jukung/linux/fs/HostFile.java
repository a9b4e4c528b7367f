package io.jukung.linux.fs;

import static io.jukung.linux.fs.OpenFlags.O_CLOEXEC;
import static io.jukung.linux.fs.OpenFlags.O_DIRECTORY;
import static io.jukung.linux.fs.OpenFlags.O_RDONLY;
import static io.jukung.linux.fs.OpenFlags.O_WRONLY;
import static io.jukung.linux.fs.OpenFlags.RESOLVE_NO_SYMLINKS;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Opens, reads and writes files of the host at trusted paths, above all the small files of cgroupfs
 * and procfs. Uses few classes, because shims load it.
 */
public final class HostFile {
  /** The kernel's own limit for a path (PATH_MAX). */
  private static final int MAX_LINK_BYTES = 4096;

  private HostFile() {}

  /**
   * Opens a file. Symlinks on the path are followed.
   *
   * @param flags flags of {@link OpenFlags}; O_CLOEXEC is added
   * @param mode the mode of a file that is created, before the umask
   */
  public static Fd open(String path, int flags, int mode) throws ErrnoException {
    try (Memory name = Memory.ofString(path)) {
      long fd = Kernel.raw(Syscall.OPENAT, Fd.AT_FDCWD, name.address(), flags | O_CLOEXEC, mode, 0);
      if (fd < 0) {
        throw new ErrnoException(
            "openat", path + ", flags=0x" + Integer.toHexString(flags), (int) -fd);
      }
      return Fd.own(fd);
    }
  }

  /**
   * As {@link #open}, for a path that others may have put symlinks into: a symlink anywhere on the
   * path is ELOOP.
   */
  public static Fd openNoSymlinks(String path, int flags, int mode) throws ErrnoException {
    try (Memory name = Memory.ofString(path);
        Memory how = Memory.allocate(Openat2.HOW_BYTES)) {
      how.putLong(0, flags | O_CLOEXEC).putLong(8, mode).putLong(16, RESOLVE_NO_SYMLINKS);
      long fd =
          Kernel.raw(
              Syscall.OPENAT2, Fd.AT_FDCWD, name.address(), how.address(), Openat2.HOW_BYTES, 0);
      if (fd < 0) {
        throw new ErrnoException(
            "openat2",
            path + ", flags=0x" + Integer.toHexString(flags) + ", resolve=NO_SYMLINKS",
            (int) -fd);
      }
      return Fd.own(fd);
    }
  }

  /**
   * Opens a directory, to list it or as the root of other lookups. Symlinks on the path are
   * followed.
   */
  public static Fd openDirectory(Path directory) throws ErrnoException {
    try (Memory path = KernelPath.of("openat", directory.toString().getBytes(UTF_8))) {
      return Fd.own(
          Kernel.call(
              Syscall.OPENAT,
              () -> directory + ", O_DIRECTORY",
              Fd.AT_FDCWD,
              path.address(),
              O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
  }

  /** Returns the text of a file, at most the first {@code limit} bytes. */
  public static String read(String path, int limit) throws IOException {
    byte[] content = new byte[limit];
    int length = 0;
    try (Fd fd = open(path, O_RDONLY, 0)) {
      int count;
      while (length < limit && (count = fd.read(content, length, limit - length)) > 0) {
        length += count;
      }
    }
    return new String(content, 0, length, UTF_8);
  }

  /**
   * Returns what a symbolic link names, also a link of procfs that names no path.
   *
   * @throws ErrnoException EINVAL if it is no symbolic link
   */
  public static String readLink(String path) throws ErrnoException {
    try (Memory name = Memory.ofString(path);
        Memory target = Memory.allocate(MAX_LINK_BYTES)) {
      int length =
          (int)
              Kernel.call(
                  Syscall.READLINKAT,
                  () -> path,
                  Fd.AT_FDCWD,
                  name.address(),
                  target.address(),
                  MAX_LINK_BYTES,
                  0);
      return new String(target.getBytes(0, length), UTF_8);
    }
  }

  /** Writes to an existing file in one write(2), as the kernel's control files require. */
  public static void write(String path, String value) throws IOException {
    try (Fd fd = open(path, O_WRONLY, 0)) {
      fd.write(value.getBytes(UTF_8));
    }
  }
}
