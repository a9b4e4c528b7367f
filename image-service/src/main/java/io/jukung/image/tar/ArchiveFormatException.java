package io.jukung.image.tar;

import java.io.IOException;

/** The bytes of a tar archive, or of its compression, are malformed. */
public final class ArchiveFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  public ArchiveFormatException(String message) {
    super(message);
  }
}
