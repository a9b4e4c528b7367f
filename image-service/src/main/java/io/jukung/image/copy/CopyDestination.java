package io.jukung.image.copy;

import io.jukung.cri.CriException;
import io.jukung.image.tar.TarPath;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.Openat2;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a copy goes in the root of an image, by docker's rules. Links in the root are followed
 * inside it.
 *
 * @param path absolute, without {@code .} and {@code ..}
 * @param mustBeDirectory whether the path was written with a slash at its end
 */
public record CopyDestination(String path, boolean mustBeDirectory) {
  private static final int NEW_DIRECTORY = 0755;

  /**
   * Parses the last word of COPY and ADD.
   *
   * @param workingDirectory what a relative path is relative to; absolute
   */
  public static CopyDestination of(String text, String workingDirectory) {
    Path path = Path.of(workingDirectory).resolve(text).normalize();
    boolean directory =
        text.isEmpty() || text.endsWith("/") || text.endsWith("/.") || text.equals(".");
    return new CopyDestination(path.toString(), directory || path.toString().equals("/"));
  }

  /** Opens the destination as a directory, which is made if it is missing. */
  Fd openDirectory(Fd root, CopyRules.Owner owner) throws ErrnoException {
    return open(root, path, owner);
  }

  /** Whether the destination is a directory, or a link to one. */
  public boolean isDirectory(Fd root) throws ErrnoException {
    return find(root).filter(FileStatus::isDirectory).isPresent();
  }

  private Optional<FileStatus> find(Fd root) throws ErrnoException {
    try (Fd handle = Openat2.openPath(root, path)) {
      return Optional.of(FileStatus.of(handle));
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Opens the directory that a single file goes to.
   *
   * @param into whether the destination itself is that directory
   */
  Fd openParent(Fd root, boolean into, CopyRules.Owner owner) throws ErrnoException {
    return into ? openDirectory(root, owner) : open(root, parent(), owner);
  }

  private String parent() {
    Path parent = Path.of(path).getParent();
    return parent == null ? "/" : parent.toString();
  }

  /** The last name of the path, in the form of {@link TarPath}. */
  String name() {
    return TarPath.ofText(Path.of(path).getFileName().toString());
  }

  private static Fd open(Fd root, String directory, CopyRules.Owner owner) throws ErrnoException {
    try {
      return Openat2.makeDirectories(
          root, directory, new Openat2.NewEntry(NEW_DIRECTORY, owner.uid(), owner.gid()));
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOTDIR) || e.is(Errno.EINVAL)) {
        throw new CriException(
            io.jukung.cri.ErrorKind.FAILED_PRECONDITION,
            "the destination " + directory + " is not a directory",
            e);
      }
      throw e;
    }
  }
}
