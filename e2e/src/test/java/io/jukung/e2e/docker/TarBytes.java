package io.jukung.e2e.docker;

import io.jukung.e2e.node.TarFile;
import java.io.IOException;

/** A tar archive with one file. */
final class TarBytes {
  private TarBytes() {}

  static byte[] of(String name, String content) throws IOException {
    return new TarFile().file(name, content).toBytes();
  }
}
