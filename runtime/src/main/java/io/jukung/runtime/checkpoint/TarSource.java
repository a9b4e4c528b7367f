package io.jukung.runtime.checkpoint;

import io.jukung.cri.CriException;
import io.jukung.image.tar.ArchiveFormatException;
import io.jukung.image.tar.TarEntry;
import io.jukung.image.tar.TarPath;
import io.jukung.image.tar.TarReader;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.RegularFile;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;

/** An archive as {@link ArchiveWriter} makes it. */
final class TarSource implements CheckpointSource {
  private static final String HERE = "./";

  private final Path archive;
  private final Fd file;

  private TarSource(Path archive, Fd file) {
    this.archive = archive;
    this.file = file;
  }

  /**
   * Opens the archive.
   *
   * @throws CriException NOT_FOUND if there is none
   */
  static TarSource open(Path archive) throws IOException {
    try {
      return new TarSource(archive, RegularFile.open(archive));
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
        throw CriException.notFound("there is no checkpoint " + archive);
      }
      throw e;
    }
  }

  @Override
  public void visit(Visitor visitor) throws IOException {
    try (InputStream in = new FileInputStream(file.procPath())) {
      TarReader tar = new TarReader(in);
      for (Optional<TarEntry> next = tar.next(); next.isPresent(); next = tar.next()) {
        member(next.get(), tar, visitor);
      }
    } catch (ArchiveFormatException e) {
      throw CriException.failedPrecondition(
          "checkpoint " + archive + " is no archive: " + e.getMessage());
    }
  }

  private void member(TarEntry entry, TarReader tar, Visitor visitor) throws IOException {
    String name = entry.name();
    while (name.startsWith(HERE)) {
      name = name.substring(HERE.length());
    }
    if (entry.type() == TarEntry.Type.DIRECTORY) {
      return; // none is made: files get the places that they need
    }
    if (entry.type() != TarEntry.Type.FILE || tar.contentOffset().isEmpty()) {
      throw CriException.failedPrecondition(
          "checkpoint %s: %s is a %s, and not a plain file"
              .formatted(archive, TarPath.display(name), entry.type()));
    }
    visitor.member(
        name,
        entry.size(),
        out -> tar.content((_, source, start, length) -> out.write(source, start, length)));
  }

  @Override
  public String name() {
    return archive.toString();
  }

  @Override
  public void close() {
    file.close();
  }
}
