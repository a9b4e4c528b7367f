package io.jukung.runtime.checkpoint;

import io.jukung.image.tar.TarEntry;
import io.jukung.image.tar.TarEntryWriter;
import io.jukung.image.tar.TarPath;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileTime;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Writes the archive of a checkpoint, without compression. */
final class ArchiveWriter {
  private static final int BUFFER_BYTES = 256 * 1024;
  private static final int FILE_MODE = 0600;
  private static final int DIRECTORY_MODE = 0700;

  private final TarEntryWriter tar;
  private final FileTime now = new FileTime(Instant.now().getEpochSecond(), 0);

  private ArchiveWriter(TarEntryWriter tar) {
    this.tar = tar;
  }

  /**
   * Writes the archive, small files first, so that readers find them early.
   *
   * @param target open for writing, empty
   */
  static void write(WorkFiles files, byte[] config, byte[] spec, Fd target) throws IOException {
    try (OutputStream out =
        new BufferedOutputStream(Files.newOutputStream(Path.of(target.procPath())), BUFFER_BYTES)) {
      TarEntryWriter tar = new TarEntryWriter(out);
      ArchiveWriter archive = new ArchiveWriter(tar);
      archive.add(ArchiveNames.CONFIG, config);
      archive.add(ArchiveNames.SPEC, spec);
      archive.addIfThere(ArchiveNames.STATISTICS, files.statistics());
      archive.addIfThere(ArchiveNames.LOG, files.dumpLog());
      archive.directory(ArchiveNames.IMAGES);
      for (Path image : sorted(files.images())) {
        archive.add(ArchiveNames.IMAGES + "/" + image.getFileName(), image);
      }
      archive.add(ArchiveNames.ROOT_DIFFERENCE, files.rootDifference());
      tar.finish();
    }
  }

  private static List<Path> sorted(Path directory) throws IOException {
    try (Stream<Path> names = Files.list(directory)) {
      return names.sorted().toList();
    }
  }

  private void directory(String name) throws IOException {
    tar.entry(entry(name, TarEntry.Type.DIRECTORY, DIRECTORY_MODE, 0));
  }

  private void add(String name, byte[] content) throws IOException {
    tar.file(
        entry(name, TarEntry.Type.FILE, FILE_MODE, content.length),
        _ -> new ByteArrayInputStream(content));
  }

  private void addIfThere(String name, Path file) throws IOException {
    if (Files.exists(file)) {
      add(name, file);
    }
  }

  private void add(String name, Path file) throws IOException {
    tar.file(entry(name, TarEntry.Type.FILE, FILE_MODE, Files.size(file)), _ -> opened(file));
  }

  private static InputStream opened(Path file) throws IOException {
    return new FileInputStream(file.toFile());
  }

  private TarEntry entry(String name, TarEntry.Type type, int mode, long size) {
    return new TarEntry(TarPath.ofText(name), type, mode, 0, 0, now, "", size, 0, 0, Map.of());
  }
}
