package io.jukung.linux.fs;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads and writes extended attributes (xattr(7)) of an open file, or of one name in an open
 * directory, where a symlink is not followed. Names are bytes for the kernel: a string has one char
 * from 0 to 255 for each byte (ISO 8859-1). Values have at most 64 KiB, the kernel's limit.
 */
public final class ExtendedAttributes {
  private static final int XATTR_SIZE_MAX = 65536;
  private static final int XATTR_CREATE = 1;

  private ExtendedAttributes() {}

  /**
   * Sets an attribute, which may exist. EOPNOTSUPP if the file system has no extended attributes.
   */
  public static void set(Fd file, String attribute, byte[] value) throws ErrnoException {
    set(file, attribute, value, 0);
  }

  /** As {@link #set(Fd, String, byte[])}; EEXIST if the file has the attribute already. */
  public static void create(Fd file, String attribute, byte[] value) throws ErrnoException {
    set(file, attribute, value, XATTR_CREATE);
  }

  private static void set(Fd file, String attribute, byte[] value, int flags)
      throws ErrnoException {
    int fd = file.number();
    try (Memory name = KernelPath.of("fsetxattr", attribute.getBytes(ISO_8859_1));
        Memory content = Memory.ofBytes(value)) {
      Kernel.call(
          Syscall.FSETXATTR,
          () -> describe(file, attribute),
          fd,
          name.address(),
          content.address(),
          value.length,
          flags);
    }
  }

  /**
   * As {@link #set(Fd, String, byte[])}, for files that must not be opened: symlinks, devices,
   * FIFOs.
   */
  public static void set(Fd directory, byte[] entry, String attribute, byte[] value)
      throws ErrnoException {
    try (Memory path = path("lsetxattr", directory, entry);
        Memory name = KernelPath.of("lsetxattr", attribute.getBytes(ISO_8859_1));
        Memory content = Memory.ofBytes(value)) {
      Kernel.call(
          Syscall.LSETXATTR,
          () -> DirectoryEntry.describe(directory, entry) + ", " + attribute,
          path.address(),
          name.address(),
          content.address(),
          value.length,
          0);
    }
  }

  /** Returns the value; empty if the file has no such attribute. */
  public static Optional<byte[]> get(Fd file, String attribute) throws ErrnoException {
    int fd = file.number();
    try (Memory name = KernelPath.of("fgetxattr", attribute.getBytes(ISO_8859_1));
        Memory value = Memory.allocate(XATTR_SIZE_MAX)) {
      long length =
          Kernel.call(
              Syscall.FGETXATTR,
              () -> describe(file, attribute),
              fd,
              name.address(),
              value.address(),
              XATTR_SIZE_MAX,
              0);
      return Optional.of(value.getBytes(0, (int) length));
    } catch (ErrnoException e) {
      if (e.is(Errno.ENODATA)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** As {@link #get(Fd, String)}, for files that must not be opened. */
  public static Optional<byte[]> get(Fd directory, byte[] entry, String attribute)
      throws ErrnoException {
    try (Memory path = path("lgetxattr", directory, entry);
        Memory name = KernelPath.of("lgetxattr", attribute.getBytes(ISO_8859_1));
        Memory value = Memory.allocate(XATTR_SIZE_MAX)) {
      long length =
          Kernel.call(
              Syscall.LGETXATTR,
              () -> DirectoryEntry.describe(directory, entry) + ", " + attribute,
              path.address(),
              name.address(),
              value.address(),
              XATTR_SIZE_MAX,
              0);
      return Optional.of(value.getBytes(0, (int) length));
    } catch (ErrnoException e) {
      if (e.is(Errno.ENODATA)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Returns the names of all attributes that the caller may see. */
  public static List<String> list(Fd file) throws ErrnoException {
    int fd = file.number();
    try (Memory names = Memory.allocate(XATTR_SIZE_MAX)) {
      long length =
          Kernel.call(
              Syscall.FLISTXATTR, file::toString, fd, names.address(), XATTR_SIZE_MAX, 0, 0);
      return split(names.getBytes(0, (int) length));
    }
  }

  /** As {@link #list(Fd)}, for files that must not be opened. */
  public static List<String> list(Fd directory, byte[] entry) throws ErrnoException {
    try (Memory path = path("llistxattr", directory, entry);
        Memory names = Memory.allocate(XATTR_SIZE_MAX)) {
      long length =
          Kernel.call(
              Syscall.LLISTXATTR,
              () -> DirectoryEntry.describe(directory, entry),
              path.address(),
              names.address(),
              XATTR_SIZE_MAX);
      return split(names.getBytes(0, (int) length));
    }
  }

  private static List<String> split(byte[] names) {
    List<String> attributes = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < names.length; i++) {
      if (names[i] == 0) {
        attributes.add(new String(names, start, i - start, ISO_8859_1));
        start = i + 1;
      }
    }
    return attributes;
  }

  /**
   * Returns a path of the directory's magic link and the name, because kernels before 6.13 have no
   * setxattrat(2) and getxattrat(2).
   */
  private static Memory path(String call, Fd directory, byte[] entry) throws ErrnoException {
    DirectoryEntry.single(call, directory, entry).close();
    byte[] prefix = (directory.procPath() + "/").getBytes(UTF_8);
    byte[] path = new byte[prefix.length + entry.length];
    System.arraycopy(prefix, 0, path, 0, prefix.length);
    System.arraycopy(entry, 0, path, prefix.length, entry.length);
    return KernelPath.of(call, path);
  }

  private static String describe(Fd file, String attribute) {
    return file + ", " + attribute;
  }
}
