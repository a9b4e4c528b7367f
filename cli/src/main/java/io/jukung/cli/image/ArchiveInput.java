package io.jukung.cli.image;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * An archive as a file that the daemon can open: the file that the user named, or a temporary copy
 * of standard input, which {@link #close} removes. A pipe will not do, because the index of an
 * archive may stand at its end.
 */
record ArchiveInput(Path path, boolean temporary) implements AutoCloseable {
  private static final Path STANDARD_INPUT = Path.of("-");

  /** Not /tmp, which may be memory and too small for an image (file-hierarchy(7)). */
  private static final String DIRECTORY = "/var/tmp";

  static ArchiveInput of(Path file, CliEnvironment environment) {
    if (!file.equals(STANDARD_INPUT)) {
      // The daemon has another working directory.
      Path absolute = environment.absolute(file);
      if (!Files.exists(absolute)) {
        throw CliException.failed("no such file: " + file);
      }
      return new ArchiveInput(absolute, false);
    }
    Path directory = directory(environment);
    try {
      Path copy = Files.createTempFile(directory, "jukung-import-", ".tar");
      ArchiveInput input = new ArchiveInput(copy, true);
      try {
        Files.copy(environment.in(), copy, StandardCopyOption.REPLACE_EXISTING);
        return input;
      } catch (IOException e) {
        input.close();
        throw e;
      }
    } catch (IOException e) {
      throw CliException.failed("cannot copy standard input to " + directory + ": " + e);
    }
  }

  /** Where archives are kept for a moment. */
  static Path directory(CliEnvironment environment) {
    return environment.absolute(Path.of(environment.variables().getOrDefault("TMPDIR", DIRECTORY)));
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
