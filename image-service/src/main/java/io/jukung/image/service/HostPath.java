package io.jukung.image.service;

import io.jukung.cri.CriException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Parses the paths on this host that jukung's own client sends. */
final class HostPath {
  private HostPath() {}

  /**
   * Parses an absolute path.
   *
   * @throws CriException INVALID_ARGUMENT for any other text
   */
  static Path parse(String text) {
    try {
      Path path = Path.of(text);
      if (path.isAbsolute()) {
        return path;
      }
    } catch (InvalidPathException e) {
      throw CriException.invalidArgument("path is malformed: " + e.getReason());
    }
    throw CriException.invalidArgument("path is not absolute: \"" + text + "\"");
  }
}
