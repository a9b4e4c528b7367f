package io.jukung.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * An archive where the daemon can read it: the file that was named, or standard input's bytes in a
 * temporary one. Of an archive's documents the first may stand last.
 */
record ArchiveInput(Path path, boolean temporary) implements AutoCloseable {
  private static final Path STANDARD_INPUT = Path.of("-");

  /** Big ones do not belong into /tmp, which may be memory (file-hierarchy(7)). */
  private static final String DIRECTORY = "/var/tmp";

  static ArchiveInput of(Path file, CliEnvironment environment) {
    if (!file.equals(STANDARD_INPUT)) {
      // The daemon would tell of its own working directory.
      Path absolute = file.toAbsolutePath().normalize();
      if (!Files.exists(absolute)) {
        throw CliException.failed("no such file: " + file);
      }
      return new ArchiveInput(absolute, false);
    }
    Path directory = Path.of(environment.variables().getOrDefault("TMPDIR", DIRECTORY));
    try {
      Path copy = Files.createTempFile(directory.toAbsolutePath(), "jukung-import-", ".tar");
      ArchiveInput input = new ArchiveInput(copy, true);
      try {
        Files.copy(environment.in(), copy, StandardCopyOption.REPLACE_EXISTING);
        return input;
      } catch (IOException e) {
        input.close();
        throw e;
      }
    } catch (IOException e) {
      throw CliException.failed("cannot keep standard input in " + directory + ": " + e);
    }
  }

  @Override
  public void close() {
    if (temporary) {
      try {
        Files.deleteIfExists(path);
      } catch (IOException e) {
        throw CliException.failed("cannot remove " + path + ": " + e);
      }
    }
  }
}
