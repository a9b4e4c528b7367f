package io.jukung.linux.fs;

import static io.jukung.linux.fs.OpenFlags.O_CLOEXEC;
import static io.jukung.linux.fs.OpenFlags.O_CREAT;
import static io.jukung.linux.fs.OpenFlags.O_DIRECTORY;
import static io.jukung.linux.fs.OpenFlags.O_EXCL;
import static io.jukung.linux.fs.OpenFlags.O_NOCTTY;
import static io.jukung.linux.fs.OpenFlags.O_NOFOLLOW;
import static io.jukung.linux.fs.OpenFlags.O_NONBLOCK;
import static io.jukung.linux.fs.OpenFlags.O_PATH;
import static io.jukung.linux.fs.OpenFlags.O_RDONLY;
import static io.jukung.linux.fs.OpenFlags.O_WRONLY;
import static io.jukung.linux.fs.OpenFlags.RESOLVE_IN_ROOT;
import static io.jukung.linux.fs.OpenFlags.RESOLVE_NO_MAGICLINKS;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;

/**
 * Opens paths in a tree that is not trusted as if its root directory were {@code /} (openat2(2),
 * {@code RESOLVE_IN_ROOT}). Neither {@code ..}, an absolute path, a symlink nor a concurrent rename
 * leads out of the tree. Magic links of procfs are ELOOP.
 *
 * <p>See {@link DirectoryEntry} for operations on one name in an open directory, and {@link
 * FileAttributes} for operations on an open file.
 */
public final class Openat2 {
  /** Size of struct open_how, version 0. */
  static final int HOW_BYTES = 24;

  /**
   * How often a lookup is tried: openat2 fails with EAGAIN if something is renamed while it walks
   * {@code ..}.
   */
  private static final int MAX_ATTEMPTS = 128;

  /** The most symlinks in one path, as the kernel has it (path_resolution(7)). */
  private static final int MAX_LINKS = 40;

  private Openat2() {}

  /** Opens a handle without access (O_PATH). A symlink at the end of the path is followed. */
  public static Fd openPath(Fd root, String path) throws ErrnoException {
    return open(root, bytes(path), O_PATH, 0);
  }

  /** As {@link #openPath(Fd, String)}, but a symlink at the end of the path is opened itself. */
  public static Fd openPathNoFollow(Fd root, String path) throws ErrnoException {
    return open(root, bytes(path), O_PATH | O_NOFOLLOW, 0);
  }

  /** Opens a directory, to list it or as the root or parent of other operations. */
  public static Fd openDirectory(Fd root, String path) throws ErrnoException {
    return open(root, bytes(path), O_RDONLY | O_DIRECTORY, 0);
  }

  /** Opens a file for reading. Never blocks, even if the path is a FIFO. */
  public static Fd openForReading(Fd root, String path) throws ErrnoException {
    return open(root, bytes(path), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
  }

  /** As {@link #openPath(Fd, String)}, of a path in the bytes of the file system. */
  public static Fd openPath(Fd root, byte[] path) throws ErrnoException {
    return open(root, path, O_PATH, 0);
  }

  /** As {@link #openDirectory(Fd, String)}, of a path in the bytes of the file system. */
  public static Fd openDirectory(Fd root, byte[] path) throws ErrnoException {
    return open(root, path, O_RDONLY | O_DIRECTORY, 0);
  }

  /**
   * Creates a regular file and opens it for writing; EEXIST if the name is taken, even by a
   * symlink.
   */
  public static Fd createNew(Fd root, String path, int mode) throws ErrnoException {
    return open(root, bytes(path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  }

  /**
   * Opens a path with the kernel's flags, see {@link OpenFlags}; for callers inside the Linux
   * layer.
   */
  public static Fd open(Fd root, byte[] path, int flags, int mode) throws ErrnoException {
    return owned(tryOpen(root, path, flags, mode), root, path, flags);
  }

  private static Fd owned(long opened, Fd root, byte[] path, int flags) throws ErrnoException {
    if (opened < 0) {
      throw new ErrnoException(
          "openat2",
          "root=%s, path=%s, flags=%s"
              .formatted(root, KernelPath.text(path), OpenFlags.describe(flags)),
          (int) -opened);
    }
    return Fd.own(opened);
  }

  /** Returns the descriptor, or the negated error number. */
  private static long tryOpen(Fd root, byte[] path, int flags, int mode) throws ErrnoException {
    byte[] name = path.length == 0 ? new byte[] {'.'} : path;
    int directory = root.number();
    try (Memory how = Memory.allocate(HOW_BYTES);
        Memory pathMemory = KernelPath.of("openat2", name)) {
      how.putLong(0, flags | O_CLOEXEC);
      how.putLong(8, (flags & O_CREAT) != 0 ? mode : 0);
      how.putLong(16, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
      for (int attempt = 1; ; attempt++) {
        long result =
            Kernel.raw(
                Syscall.OPENAT2, directory, pathMemory.address(), how.address(), HOW_BYTES, 0);
        boolean again = result == -Errno.EAGAIN || result == -Errno.EINTR;
        if (!again || attempt == MAX_ATTEMPTS) {
          return result;
        }
      }
    }
  }

  /**
   * Opens the directory at the path and makes it and its parents if they are missing. If a symlink
   * on the path dangles, its target is made, inside the root: some images have {@code /var/run ->
   * /run} and no {@code /run}.
   *
   * @param mode the exact mode of each directory that is made, whatever the umask is
   */
  public static Fd makeDirectories(Fd root, String path, int mode) throws ErrnoException {
    return makeDirectories(root, path, new NewEntry(mode, 0, 0));
  }

  /** The exact permissions and the owner of files and directories that are made. */
  public record NewEntry(int mode, int uid, int gid) {
    public NewEntry withMode(int newMode) {
      return new NewEntry(newMode, uid, gid);
    }

    private void own(Fd directory, byte[] name) throws ErrnoException {
      if (uid != 0 || gid != 0) {
        FileAttributes.setOwner(directory, name, uid, gid);
      }
    }
  }

  /** As {@link #makeDirectories(Fd, String, int)}, with an owner. */
  public static Fd makeDirectories(Fd root, String path, NewEntry missing) throws ErrnoException {
    try {
      return openDirectory(root, path);
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENOENT)) {
        throw e;
      }
    }
    Deque<String> pending = new ArrayDeque<>(components(path));
    List<String> done = new ArrayList<>();
    int links = 0;
    while (!pending.isEmpty()) {
      String name = pending.removeFirst();
      String parent = String.join("/", done);
      done.add(name);
      if (isDirectory(root, String.join("/", done))) {
        continue;
      }
      try (Fd directory = openDirectory(root, parent)) {
        if (DirectoryEntry.makeDirectoryIfAbsent(directory, bytes(name), missing.mode())) {
          missing.own(directory, bytes(name));
          continue;
        }
        done.removeLast();
        if (++links > MAX_LINKS) {
          throw new ErrnoException("openat2", "root=" + root + ", path=" + path, Errno.ELOOP);
        }
        if (FileStatus.of(directory, bytes(name)).isDirectory()) {
          pending.addFirst(name); // another process has made it meanwhile
          continue;
        }
        String link = new String(DirectoryEntry.readSymlink(directory, bytes(name)), UTF_8);
        if (link.startsWith("/")) {
          done.clear();
        }
        List<String> rest = components(link);
        Collections.reverse(rest);
        rest.forEach(pending::addFirst);
      }
    }
    return openDirectory(root, String.join("/", done));
  }

  /**
   * Opens the file at the path and makes an empty one, with its parents, if it is missing: a target
   * to mount a file on. An existing file of any type stays as it is.
   */
  public static Fd makeFile(Fd root, String path, int mode, int parentMode) throws ErrnoException {
    return makeFile(root, path, new NewEntry(mode, 0, 0), parentMode);
  }

  /** As {@link #makeFile(Fd, String, int, int)}, with an owner of the file and of its parents. */
  public static Fd makeFile(Fd root, String path, NewEntry missing, int parentMode)
      throws ErrnoException {
    List<String> names = components(path);
    if (names.isEmpty() || names.getLast().equals("..")) {
      throw new ErrnoException("openat2", "root=" + root + ", path=" + path, Errno.EISDIR);
    }
    long found = tryOpen(root, bytes(path), O_PATH, 0);
    if (found != -Errno.ENOENT) {
      return owned(found, root, bytes(path), O_PATH);
    }
    String name = names.removeLast();
    for (int links = 0; links <= MAX_LINKS; links++) {
      String parent = String.join("/", names);
      try (Fd directory = makeDirectories(root, parent, missing.withMode(parentMode))) {
        if (DirectoryEntry.makeFileIfAbsent(directory, bytes(name), missing.mode())) {
          missing.own(directory, bytes(name));
          return openPathNoFollow(directory, name);
        }
        // The name is a dangling symlink: make its target instead.
        String link = new String(DirectoryEntry.readSymlink(directory, bytes(name)), UTF_8);
        List<String> target = components(link);
        if (target.isEmpty() || target.getLast().equals("..")) {
          throw new ErrnoException("openat2", "root=" + root + ", path=" + path, Errno.EISDIR);
        }
        if (link.startsWith("/")) {
          names.clear();
        }
        name = target.removeLast();
        names.addAll(target);
      }
      if (exists(root, String.join("/", names) + "/" + name)) {
        return openPath(root, String.join("/", names) + "/" + name);
      }
    }
    throw new ErrnoException("openat2", "root=" + root + ", path=" + path, Errno.ELOOP);
  }

  /**
   * Reads a regular file without trusting its size. A directory, device, FIFO or socket is an
   * error, and nothing is read from it. A file with more than {@code maxBytes} is EFBIG.
   */
  public static byte[] readBounded(Fd root, String path, int maxBytes) throws IOException {
    // First by O_PATH, because opening a device for reading can have effects.
    try (Fd handle = openPath(root, path)) {
      FileStatus status = FileStatus.of(handle);
      if (status.type() != FileType.REGULAR) {
        throw new IOException(
            "read %s below %s: not a regular file but a %s"
                .formatted(path, root, status.type().noun()));
      }
      try (Fd file = reopenForReading(handle)) {
        return readToEnd(file, path, maxBytes);
      }
    }
  }

  /** Opens the file of an O_PATH handle for reading. Never blocks, even if it is a FIFO. */
  public static Fd reopenForReading(Fd handle) throws ErrnoException {
    String path = handle.procPath();
    try (Memory name = KernelPath.of("openat", bytes(path))) {
      return Fd.own(
          Kernel.call(
              Syscall.OPENAT,
              () -> path + ", O_RDONLY",
              Fd.AT_FDCWD,
              name.address(),
              O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    }
  }

  static byte[] readToEnd(Fd file, String path, int maxBytes) throws IOException {
    byte[] content = new byte[Math.min(8192, maxBytes + 1)];
    int length = 0;
    while (true) {
      int count = file.read(content, length, content.length - length);
      if (count == 0) {
        return Arrays.copyOf(content, length);
      }
      length += count;
      if (length > maxBytes) {
        throw new ErrnoException("read", path + ", at most " + maxBytes + " bytes", Errno.EFBIG);
      }
      if (length == content.length) {
        content = Arrays.copyOf(content, Math.min(length * 2, maxBytes + 1));
      }
    }
  }

  private static boolean isDirectory(Fd root, String path) throws ErrnoException {
    try {
      openDirectory(root, path).close();
      return true;
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT)) {
        return false;
      }
      throw e;
    }
  }

  private static boolean exists(Fd root, String path) throws ErrnoException {
    try {
      openPath(root, path).close();
      return true;
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT)) {
        return false;
      }
      throw e;
    }
  }

  private static List<String> components(String path) {
    List<String> names = new ArrayList<>();
    for (String name : path.split("/", -1)) {
      if (!name.isEmpty() && !name.equals(".")) {
        names.add(name);
      }
    }
    return names;
  }

  private static byte[] bytes(String path) {
    return path.getBytes(UTF_8);
  }
}
