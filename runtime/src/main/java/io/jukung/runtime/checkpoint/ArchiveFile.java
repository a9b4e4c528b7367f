package io.jukung.runtime.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.Sync;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * The archive that a call has asked for, which appears under its name when it is whole and on the
 * disk. Until then it has another name beside it: see {@link #partial}.
 */
final class ArchiveFile implements AutoCloseable {
  private static final String PREFIX = ".checkpoint-";
  private static final String SUFFIX = ".partial";
  private static final int MODE = 0600;

  /** What the archive is to have. */
  @FunctionalInterface
  interface Content {
    void writeTo(Fd file) throws IOException;
  }

  private final Path location;
  private final byte[] name;
  private final Fd directory;

  private ArchiveFile(Path location, byte[] name, Fd directory) {
    this.location = location;
    this.name = name;
    this.directory = directory;
  }

  /** The path of the unfinished archive. */
  static Path partial(Path location, String workId) {
    return location.resolveSibling(PREFIX + workId + SUFFIX);
  }

  /**
   * Opens the directory in which the archive will be.
   *
   * @throws CriException FAILED_PRECONDITION without a directory, ALREADY_EXISTS if the name is
   *     taken
   */
  static ArchiveFile at(Path location) throws IOException {
    Path parent = Objects.requireNonNull(location.getParent());
    Fd directory;
    try {
      directory = HostFile.openDirectory(parent);
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
        throw CriException.failedPrecondition(
            "CheckpointContainer: location " + location + ": there is no directory " + parent);
      }
      throw e;
    }
    byte[] name = String.valueOf(location.getFileName()).getBytes(UTF_8);
    try {
      if (FileStatus.find(directory, name).isPresent()) {
        throw taken(location);
      }
      return new ArchiveFile(location, name, directory);
    } catch (IOException | RuntimeException e) {
      directory.close();
      throw e;
    }
  }

  private static CriException taken(Path location) {
    return new CriException(
        ErrorKind.ALREADY_EXISTS,
        "CheckpointContainer: location " + location + " exists, and is not replaced");
  }

  /** Writes the unfinished archive, whose content is then on the disk. */
  void write(Path partial, Content content) throws IOException {
    byte[] partialName = String.valueOf(partial.getFileName()).getBytes(UTF_8);
    try (Fd file = DirectoryEntry.createFile(directory, partialName, MODE)) {
      content.writeTo(file);
      Sync.file(file);
    } catch (IOException | RuntimeException e) {
      discardAfter(e, partial);
      throw e;
    }
  }

  /** Gives the archive its name. If that fails, there is no archive. */
  void publish(Path partial) throws IOException {
    try {
      DirectoryEntry.renameToNew(
          directory, String.valueOf(partial.getFileName()).getBytes(UTF_8), directory, name);
    } catch (IOException | RuntimeException e) {
      discardAfter(e, partial);
      if (e instanceof ErrnoException call && call.is(Errno.EEXIST)) {
        throw taken(location);
      }
      throw e;
    }
    try {
      Sync.file(directory);
    } catch (IOException | RuntimeException e) {
      discardAfter(e, location); // its name may be lost with the power
      throw e;
    }
  }

  /** Removes an archive that is not to appear, if it is there. */
  void discard(Path partial) throws ErrnoException {
    try {
      DirectoryEntry.unlink(directory, String.valueOf(partial.getFileName()).getBytes(UTF_8));
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENOENT)) {
        throw e;
      }
    }
  }

  private void discardAfter(Exception failure, Path partial) {
    try {
      discard(partial);
    } catch (ErrnoException e) {
      failure.addSuppressed(e);
    }
  }

  @Override
  public void close() {
    directory.close();
  }
}
