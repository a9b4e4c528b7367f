package io.jukung.linux.fs;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Replaces a file as a whole: a reader, and a crash, see the old content or the new, never a part.
 * On return the content and its name are on disk. A crash can leave a file for which {@link
 * #isTemporary} answers true; the directory's owner removes those when it opens.
 */
public final class AtomicFile {
  private static final String PREFIX = ".atomic-";
  private static final AtomicLong NEXT = new AtomicLong();

  private AtomicFile() {}

  /** Mode 0600. */
  public static void write(Path file, byte[] content) throws IOException {
    write(file, content, 0600);
  }

  /** The mode is exact, whatever the umask. The directory must exist. */
  public static void write(Path file, byte[] content, int mode) throws IOException {
    replace(file, content, mode, true);
  }

  /**
   * As {@link #write(Path, byte[])}, but left to the kernel's write-back: another process, and one
   * after a kill, sees the old content or the new; a power cut can also leave the file empty.
   */
  public static void replace(Path file, byte[] content) throws IOException {
    replace(file, content, 0600, false);
  }

  /** Waits until the names in a directory are on disk. */
  public static void sync(Path directory) throws IOException {
    try (Fd opened = HostFile.openDirectory(directory)) {
      Sync.file(opened);
    }
  }

  private static void replace(Path file, byte[] content, int mode, boolean durable)
      throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    Path last = file.getFileName();
    if (parent == null || last == null) {
      throw new ErrnoException("openat", file.toString(), Errno.EISDIR);
    }
    byte[] name = last.toString().getBytes(UTF_8);
    try (Fd directory = HostFile.openDirectory(parent)) {
      byte[] temporary =
          (PREFIX + ProcessHandle.current().pid() + "-" + NEXT.incrementAndGet()).getBytes(UTF_8);
      try {
        try (Fd created = DirectoryEntry.createFile(directory, temporary, mode)) {
          created.write(content);
          if (durable) {
            Sync.file(created);
          }
        }
        DirectoryEntry.rename(directory, temporary, directory, name);
      } catch (IOException | RuntimeException | Error e) {
        discard(directory, temporary, e);
        throw e;
      }
      if (durable) {
        Sync.file(directory);
      }
    }
  }

  /** Removes the file, on disk too. Nothing there is success. */
  public static void remove(Path file) throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    Path last = file.getFileName();
    if (parent == null || last == null) {
      throw new ErrnoException("unlinkat", file.toString(), Errno.EISDIR);
    }
    try (Fd directory = HostFile.openDirectory(parent)) {
      DirectoryEntry.unlink(directory, last.toString().getBytes(UTF_8));
      Sync.file(directory);
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENOENT)) {
        throw e;
      }
    }
  }

  /** Whether a file of this name is what an interrupted {@link #write} has left. */
  public static boolean isTemporary(String name) {
    return name.startsWith(PREFIX);
  }

  private static void discard(Fd directory, byte[] temporary, Throwable cause) {
    try {
      DirectoryEntry.unlink(directory, temporary);
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENOENT)) {
        cause.addSuppressed(e);
      }
    }
  }
}
