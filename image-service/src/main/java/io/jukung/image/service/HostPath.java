package io.jukung.image.service;

import io.jukung.cri.CriException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Paths that the daemon's own client sends. */
final class HostPath {
  private HostPath() {}

  static Path parse(String text) {
    try {
      Path path = Path.of(text);
      if (path.isAbsolute()) {
        return path;
      }
    } catch (InvalidPathException e) {
      throw CriException.invalidArgument("path is not a path: " + e.getReason());
    }
    throw CriException.invalidArgument("path is not absolute: \"" + text + "\"");
  }
}
