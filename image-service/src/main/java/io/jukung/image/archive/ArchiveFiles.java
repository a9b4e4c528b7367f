package io.jukung.image.archive;

import io.jukung.cri.CriException;
import io.jukung.image.layer.LayerLimits;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.Openat2;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * The regular files of an image archive by name, as in {@code blobs/sha256/…}. A name never leads
 * out of the archive, whatever links the archive has. The content is not verified.
 *
 * <p>Thread-safe, except for {@link #close}.
 */
public interface ArchiveFiles extends AutoCloseable {
  /** The size of the file, or empty if there is no such file. */
  OptionalLong size(String name) throws IOException;

  /** Opens the file for reading from its start. The caller closes the stream. */
  InputStream open(String name) throws IOException;

  @Override
  void close() throws IOException;

  /** Reads a small file. */
  default byte[] read(String name, int maxBytes) throws IOException {
    try (InputStream in = open(name)) {
      byte[] content = in.readNBytes(maxBytes + 1);
      if (content.length > maxBytes) {
        throw CriException.failedPrecondition(
            "%s has more than %d bytes".formatted(name, maxBytes));
      }
      return content;
    }
  }

  /**
   * Opens an archive: a directory, or a tar file that may be compressed by gzip or zstd.
   *
   * @param temporary an existing directory for a decompressed copy, which {@link #close} removes
   * @throws CriException NOT_FOUND if the path does not exist, FAILED_PRECONDITION if it is not an
   *     archive
   */
  static ArchiveFiles open(Path path, Path temporary, LayerLimits limits) throws IOException {
    Fd opened = openHost(path);
    try {
      FileType type = FileStatus.of(opened).type();
      return switch (type) {
        case DIRECTORY -> new ArchiveDirectory(opened);
        case REGULAR -> TarArchive.open(opened, temporary, limits);
        case SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET ->
            throw CriException.failedPrecondition(
                "it is neither a file nor a directory but a " + type.noun());
      };
    } catch (IOException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private static Fd openHost(Path path) throws IOException {
    try (Fd root = HostFile.openDirectory(Path.of("/"))) {
      // Opening never waits, even if the path is a FIFO.
      return Openat2.openForReading(root, path.toString());
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
        throw CriException.notFound("there is no such file");
      }
      throw e;
    }
  }

  /** Opens the same file again, so that the stream has a position of its own. */
  static FileInputStream reopen(Fd file) throws IOException {
    return new FileInputStream(file.procPath());
  }
}
