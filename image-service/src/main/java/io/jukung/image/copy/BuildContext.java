package io.jukung.image.copy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.dockerfile.IgnoreFile;
import io.jukung.image.layer.LayerLimits;
import io.jukung.image.tar.Decompression;
import io.jukung.image.tar.TarPath;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.archive.TarInput;
import io.jukung.linux.archive.TarMember;
import io.jukung.linux.archive.TreeWriter;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileAttributes;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.fs.TreeRemoval;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The files that a build was given, in a directory of the daemon. The archive that brings them is
 * not trusted: no name and no link in it leads out of the directory, and devices are refused.
 */
public final class BuildContext implements AutoCloseable {
  private static final int BUFFER_BYTES = 128 * 1024;

  /** As large as the parser accepts. */
  private static final int MAX_TEXT_BYTES = 4 << 20;

  private static final String IGNORE_FILE = ".dockerignore";

  private final Path directory;
  private final Fd root;

  private BuildContext(Path directory, Fd root) {
    this.directory = directory;
    this.root = root;
  }

  /**
   * Unpacks a context.
   *
   * @param archive a tar archive that may be compressed with gzip or zstd; nothing at all is a
   *     context without files
   * @param ignore what is not unpacked, in the form of a .dockerignore; see {@link #removeIgnored}
   *     for that of the context
   * @param parent the store's directory for unfinished work
   * @param limits bounds of the files together, however small the archive is
   */
  public static BuildContext unpack(
      InputStream archive, String ignore, Path parent, LayerLimits limits) throws IOException {
    BuildContext context = empty(parent);
    try {
      IgnoreFile given = IgnoreFile.parse(TarPath.ofText(ignore));
      try (InputStream plain = Decompression.open(new BufferedInputStream(archive, BUFFER_BYTES))) {
        context.write(new TarInput(plain), given, limits);
        var _ = plain.transferTo(OutputStream.nullOutputStream());
      }
      return context;
    } catch (IOException | RuntimeException e) {
      context.close();
      if (e instanceof IOException failed && !(e instanceof ErrnoException)) {
        throw new CriException(
            ErrorKind.INVALID_ARGUMENT, "unpack the context: " + failed.getMessage(), failed);
      }
      throw e;
    }
  }

  /**
   * Copies a directory of the daemon's host, so that the build does not see what changes there.
   *
   * @param ignore what is not copied, in the form of a .dockerignore
   * @param parent the store's directory for unfinished work
   * @param limits bounds of the files together
   */
  public static BuildContext copy(Path source, String ignore, Path parent, LayerLimits limits)
      throws IOException {
    BuildContext context = empty(parent);
    try (Fd from = HostFile.openDirectory(source)) {
      IgnoreFile given = IgnoreFile.parse(TarPath.ofText(ignore));
      var counted = new ContextSize(context.root, limits);
      new FileCopy(
              new SourceTree(from, "the context", /* keepsOwners= */ false),
              new CopyRules(Optional.empty(), Optional.empty(), given),
              (path, status) -> counted.add(path, status.type(), status.size()))
          .copyAll(context.root);
      return context;
    } catch (IOException | RuntimeException e) {
      context.close();
      throw e;
    }
  }

  private static BuildContext empty(Path parent) throws IOException {
    Path directory = Files.createTempDirectory(parent, "context-");
    BuildContext context = new BuildContext(directory, HostFile.openDirectory(directory));
    try {
      FileAttributes.setMode(context.root, 0755); // users of RUN --mount=type=bind enter it
      return context;
    } catch (IOException | RuntimeException e) {
      context.close();
      throw e;
    }
  }

  private void write(TarInput archive, IgnoreFile ignored, LayerLimits limits) throws IOException {
    TreeWriter.Policy policy = new TreeWriter.Policy(true, 0, 0, /* devices= */ false);
    TreeWriter writer = new TreeWriter(root, policy);
    var counted = new ContextSize(root, limits);
    for (Optional<TarMember> next = archive.next(); next.isPresent(); next = archive.next()) {
      TarMember member = next.get();
      String path = String.join("/", TarPath.components(member.name()));
      if (!path.isEmpty() && ignored.excludes(path)) {
        continue;
      }
      FileType type =
          switch (member.kind()) {
            case CHARACTER_DEVICE -> FileType.CHARACTER_DEVICE;
            case BLOCK_DEVICE -> FileType.BLOCK_DEVICE;
            default -> FileType.REGULAR;
          };
      counted.add(member.name(), type, member.size());
      writer.write(member, archive);
    }
    writer.finish();
  }

  /**
   * Removes what the .dockerignore of the context leaves out. That may be the Dockerfile, which is
   * to be read before.
   */
  public void removeIgnored() throws IOException {
    Optional<String> text = read(IGNORE_FILE);
    if (text.isPresent()) {
      IgnoreFile ignored = IgnoreFile.parse(TarPath.ofText(text.get()));
      var _ = remove(root, "", ignored);
    }
  }

  /** Removes what is left out, and returns whether anything remains. */
  private static boolean remove(Fd directory, String path, IgnoreFile ignored) throws IOException {
    boolean remains = false;
    for (byte[] name : DirectoryListing.names(directory)) {
      String each = TarPath.join(path, new String(name, StandardCharsets.ISO_8859_1));
      boolean excluded = ignored.excludes(each);
      if (FileStatus.of(directory, name).isDirectory()) {
        boolean filled;
        try (Fd child = DirectoryEntry.openDirectory(directory, name)) {
          filled = remove(child, each, ignored);
        }
        if (excluded && !filled) {
          DirectoryEntry.removeDirectory(directory, name);
          continue;
        }
      } else if (excluded) {
        DirectoryEntry.unlink(directory, name);
        continue;
      }
      remains = true;
    }
    return remains;
  }

  /**
   * The text of a file; empty if there is none.
   *
   * @param path may lead over links, which stay in the context
   */
  public Optional<String> read(String path) throws IOException {
    try {
      return Optional.of(
          new String(Openat2.readBounded(root, path, MAX_TEXT_BYTES), StandardCharsets.UTF_8));
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Where the files are. */
  public Path directory() {
    return directory;
  }

  /** The files as a source of copies. */
  public SourceTree tree() {
    return new SourceTree(root, "the context", /* keepsOwners= */ false);
  }

  /** Removes the files. */
  @Override
  public void close() throws IOException {
    root.close();
    TreeRemoval.remove(directory);
  }
}
