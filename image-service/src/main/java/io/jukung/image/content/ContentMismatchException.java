package io.jukung.image.content;

import java.io.IOException;

/** Content does not have the size or digest of its descriptor: the fault of its source. */
public final class ContentMismatchException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Takes a message that names the blob and the difference. */
  public ContentMismatchException(String message) {
    super(message);
  }
}
