package io.jukung.image.archive;

import io.jukung.cri.CriException;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.Openat2;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.OptionalLong;

/** An archive that is a directory, as an OCI layout can be. */
final class ArchiveDirectory implements ArchiveFiles {
  /** The errors for a name that no file can have, or that leads nowhere. */
  private static final List<Integer> NO_SUCH_NAME =
      List.of(Errno.ENOENT, Errno.ENOTDIR, Errno.EINVAL, Errno.ENAMETOOLONG, Errno.ELOOP);

  private final Fd root;

  /**
   * @param root closed with this object
   */
  ArchiveDirectory(Fd root) {
    this.root = root;
  }

  @Override
  public OptionalLong size(String name) throws IOException {
    try (Fd file = openFile(name)) {
      return OptionalLong.of(FileStatus.of(file).size());
    } catch (ErrnoException e) {
      if (NO_SUCH_NAME.stream().anyMatch(e::is)) {
        return OptionalLong.empty();
      }
      throw e;
    }
  }

  @Override
  public InputStream open(String name) throws IOException {
    try (Fd file = openFile(name)) {
      return ArchiveFiles.reopen(file);
    }
  }

  @Override
  public void close() {
    root.close();
  }

  private Fd openFile(String name) throws IOException {
    Fd file = Openat2.openPath(root, name);
    FileType type = FileStatus.of(file).type();
    if (type != FileType.REGULAR) {
      file.close();
      throw CriException.failedPrecondition(name + " is not a file but a " + type.noun());
    }
    return file;
  }
}
