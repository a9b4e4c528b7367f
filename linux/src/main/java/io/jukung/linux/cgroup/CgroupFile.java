package io.jukung.linux.cgroup;

import static io.jukung.linux.fs.OpenFlags.AT_REMOVEDIR;
import static io.jukung.linux.fs.OpenFlags.O_CLOEXEC;
import static io.jukung.linux.fs.OpenFlags.O_RDONLY;
import static io.jukung.linux.fs.OpenFlags.O_WRONLY;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Reads and writes the control files of a cgroup directory, with one write(2) per value. */
final class CgroupFile {
  private static final int DIRECTORY_MODE = 0755;
  private static final int CHUNK = 4096;

  /** The largest control file that is read. Only cgroup.procs of a fork bomb may come near. */
  private static final int READ_LIMIT = 4 << 20;

  private CgroupFile() {}

  /**
   * Writes a value in one write(2), as the kernel requires. The error names the file and the value.
   */
  static void write(Path file, String value) throws ErrnoException {
    int errno = tryWrite(file, value);
    if (errno != 0) {
      throw new ErrnoException("write", file + ", " + value.strip(), errno);
    }
  }

  /** As {@link #write}; does nothing if the cgroup has been removed. */
  static void writeIfExists(Path file, String value) throws ErrnoException {
    var _ = tryWrite(file, value);
  }

  /** Returns 0, or the error number if the cgroup has been removed or the file has no device. */
  private static int tryWrite(Path file, String value) throws ErrnoException {
    byte[] bytes = value.getBytes(StandardCharsets.US_ASCII);
    try (Memory path = Memory.ofString(file.toString());
        Memory buffer = Memory.ofBytes(bytes)) {
      long opened =
          Kernel.attempt(
              Syscall.OPENAT,
              file::toString,
              CgroupFile::isRemoved,
              Fd.AT_FDCWD,
              path.address(),
              O_WRONLY | O_CLOEXEC,
              0);
      if (opened < 0) {
        return (int) -opened;
      }
      try (Fd fd = Fd.own(opened)) {
        long written =
            Kernel.attempt(
                Syscall.WRITE,
                () -> file + ", " + value.strip(),
                CgroupFile::isRemoved,
                fd.number(),
                buffer.address(),
                bytes.length,
                0);
        return written < 0 ? (int) -written : 0;
      }
    }
  }

  private static boolean isRemoved(int errno) {
    return errno == Errno.ENOENT || errno == Errno.ENODEV;
  }

  static String read(Path file) throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    byte[] chunk = new byte[CHUNK];
    try (Fd fd = open(file, O_RDONLY | O_CLOEXEC)) {
      int count;
      while ((count = fd.read(chunk, 0, chunk.length)) > 0) {
        content.write(chunk, 0, count);
        if (content.size() > READ_LIMIT) {
          throw new IOException("read of " + file + ": more than " + READ_LIMIT + " bytes");
        }
      }
    }
    return content.toString(StandardCharsets.US_ASCII);
  }

  /** Makes a directory; returns false if it existed already. */
  static boolean makeDirectory(Path directory) throws ErrnoException {
    try (Memory path = Memory.ofString(directory.toString())) {
      return Kernel.attempt(
              Syscall.MKDIRAT,
              directory::toString,
              errno -> errno == Errno.EEXIST,
              Fd.AT_FDCWD,
              path.address(),
              DIRECTORY_MODE,
              0)
          == 0;
    }
  }

  /**
   * Removes a directory, if it exists.
   *
   * @return false if processes or cgroups are inside
   */
  static boolean removeIfEmpty(Path directory) throws ErrnoException {
    try (Memory path = Memory.ofString(directory.toString())) {
      return Kernel.attempt(
              Syscall.UNLINKAT,
              () -> directory + ", AT_REMOVEDIR",
              errno -> errno == Errno.ENOENT || errno == Errno.EBUSY,
              Fd.AT_FDCWD,
              path.address(),
              AT_REMOVEDIR,
              0)
          != -Errno.EBUSY;
    }
  }

  private static Fd open(Path file, int flags) throws ErrnoException {
    try (Memory path = Memory.ofString(file.toString())) {
      return Fd.own(
          Kernel.call(Syscall.OPENAT, file::toString, Fd.AT_FDCWD, path.address(), flags));
    }
  }
}
