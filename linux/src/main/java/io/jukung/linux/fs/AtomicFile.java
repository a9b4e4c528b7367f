package io.jukung.linux.fs;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Replaces files atomically: a reader sees the old content or the new, never a part, also after a
 * crash. When a method returns, content and name are on disk. A crash can leave a temporary file,
 * see {@link #isTemporary}; the owner of the directory removes such files when it starts, or calls
 * {@link #removeAbandoned}.
 */
public final class AtomicFile {
  private static final String PREFIX = ".atomic-";
  private static final AtomicLong NEXT = new AtomicLong();

  private AtomicFile() {}

  /** Writes a file with mode 0600. */
  public static void write(Path file, byte[] content) throws IOException {
    write(file, content, 0600);
  }

  /** Writes a file with exactly this mode, whatever the umask is. The directory must exist. */
  public static void write(Path file, byte[] content, int mode) throws IOException {
    replace(file, content, mode, true);
  }

  /**
   * As {@link #write(Path, byte[])}, without waiting for the disk: readers see the old content or
   * the new, also after this process was killed, but a power cut can leave the file empty.
   */
  public static void replace(Path file, byte[] content) throws IOException {
    replace(file, content, 0600);
  }

  /** As {@link #replace(Path, byte[])}, with exactly this mode, whatever the umask is. */
  public static void replace(Path file, byte[] content, int mode) throws IOException {
    replace(file, content, mode, false);
  }

  /** Waits until the names in a directory are on disk. */
  public static void sync(Path directory) throws IOException {
    try (Fd opened = HostFile.openDirectory(directory)) {
      Sync.file(opened);
    }
  }

  /**
   * Waits until a file that was written without waiting is on disk, with its name.
   *
   * @throws java.nio.file.NoSuchFileException if there is no such file
   */
  public static void settle(Path file) throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    if (parent == null) {
      throw new ErrnoException("openat", file.toString(), Errno.EISDIR);
    }
    try (Fd content = RegularFile.open(file)) {
      Sync.file(content);
    }
    sync(parent);
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

  /** Removes the file and waits until that is on disk. Does nothing if there is no such file. */
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

  /** Whether an interrupted {@link #write} has left the file of this name. */
  public static boolean isTemporary(String name) {
    return name.startsWith(PREFIX);
  }

  /**
   * Removes the temporary files in the directory of a file whose writers were killed: those named
   * after processes that do not exist. For a directory that has several writers, or whose owner
   * does not look at it when it starts. All writers are in one pid namespace. Does nothing if there
   * is no such directory.
   */
  public static void removeAbandoned(Path file) throws IOException {
    Path directory = file.toAbsolutePath().resolveSibling("");
    try (DirectoryStream<Path> temporary = Files.newDirectoryStream(directory, PREFIX + "*")) {
      for (Path each : temporary) {
        if (isAbandoned(String.valueOf(each.getFileName()))) {
          Files.deleteIfExists(each);
        }
      }
    } catch (NoSuchFileException e) {
      // nobody has written there yet
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  /** Whether the process that a temporary file is named after has ended. */
  private static boolean isAbandoned(String name) {
    String writer =
        name.substring(PREFIX.length(), Math.max(name.lastIndexOf('-'), PREFIX.length()));
    try {
      return ProcessHandle.of(Long.parseLong(writer)).isEmpty();
    } catch (NumberFormatException e) {
      return false; // somebody else's file
    }
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
