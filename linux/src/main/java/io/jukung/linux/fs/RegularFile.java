package io.jukung.linux.fs;

import static io.jukung.linux.fs.OpenFlags.O_NOCTTY;
import static io.jukung.linux.fs.OpenFlags.O_NOFOLLOW;
import static io.jukung.linux.fs.OpenFlags.O_NONBLOCK;
import static io.jukung.linux.fs.OpenFlags.O_RDONLY;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Reads files that this program has written itself, such as records. Whatever else has the file's
 * name by now (a FIFO, a device, a directory, a symlink) is refused at once: reading a FIFO would
 * wait for a writer for ever.
 */
public final class RegularFile {
  private RegularFile() {}

  /** What has the file's name is not a regular file, or it is too large. */
  public static final class UnexpectedFileException extends IOException {
    private static final long serialVersionUID = 1L;

    private UnexpectedFileException(String message) {
      super(message);
    }
  }

  /**
   * Opens the file for reading. A symlink at the end of the path is not followed.
   *
   * @throws NoSuchFileException if there is no such file
   * @throws UnexpectedFileException if it is not a regular file
   */
  public static Fd open(Path file) throws IOException {
    Fd opened;
    try {
      opened = HostFile.open(file.toString(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY, 0);
    } catch (ErrnoException e) {
      throw explained(file, e);
    }
    try {
      FileType type = FileStatus.of(opened).type();
      if (type != FileType.REGULAR) {
        throw unexpected(file, type.noun());
      }
      return opened;
    } catch (IOException e) {
      opened.close();
      throw e;
    }
  }

  /**
   * Reads the whole file.
   *
   * @throws NoSuchFileException if there is no such file
   * @throws UnexpectedFileException if it is not a regular file, or has more than {@code maxBytes}
   */
  public static byte[] read(Path file, int maxBytes) throws IOException {
    try (Fd opened = open(file)) {
      try {
        return Openat2.readToEnd(opened, file.toString(), maxBytes);
      } catch (ErrnoException e) {
        if (e.is(Errno.EFBIG)) {
          throw new UnexpectedFileException(
              "read " + file + ": it has more than " + maxBytes + " bytes");
        }
        throw e;
      }
    }
  }

  private static IOException explained(Path file, ErrnoException e) {
    return switch (e.errno()) {
      case Errno.ENOENT -> new NoSuchFileException(file.toString());
      case Errno.ELOOP -> unexpected(file, FileType.SYMLINK.noun());
      // A device without a driver, or a socket.
      case Errno.ENXIO, Errno.ENODEV -> unexpected(file, "device or a socket");
      default -> e;
    };
  }

  private static UnexpectedFileException unexpected(Path file, String found) {
    return new UnexpectedFileException("read " + file + ": not a regular file but a " + found);
  }
}
