package io.jukung.runtime.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Reads kernel settings below /proc/sys. */
final class Sysctl {
  private Sysctl() {}

  /**
   * Returns the value of a setting that is one line; empty if this kernel does not have the
   * setting. The kernel gives the value to the first read only, and {@link Files#readString} reads
   * a first byte alone where a file says that it is empty.
   */
  static Optional<String> read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    List<String> lines = Files.readAllLines(file);
    return lines.isEmpty() ? Optional.empty() : Optional.of(lines.getFirst().strip());
  }
}
