package io.jukung.engine.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A directory for files that only root reads and that are needed for one request: the daemon reads
 * and writes archives as files, because the index of an archive may stand at its end. Closing it
 * removes the files.
 *
 * @param path exists until the directory is closed
 */
record SpooledDirectory(Path path) implements AutoCloseable {
  /** Not /tmp, which may be memory and too small for an image (file-hierarchy(7)). */
  private static final Path PARENT = Path.of("/var/tmp");

  static SpooledDirectory make() throws IOException {
    return new SpooledDirectory(Files.createTempDirectory(PARENT, "jukung-engine-")); // mode 0700
  }

  Path file(String name) {
    return path.resolve(name);
  }

  @Override
  public void close() throws IOException {
    List<Path> files;
    try (Stream<Path> listed = Files.list(path)) {
      files = listed.toList();
    }
    for (Path each : files) {
      Files.delete(each);
    }
    Files.delete(path);
  }
}
