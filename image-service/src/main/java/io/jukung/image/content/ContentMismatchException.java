package io.jukung.image.content;

import java.io.IOException;

/** Content that is not what its descriptor says. The source's fault. */
public final class ContentMismatchException extends IOException {
  private static final long serialVersionUID = 1L;

  public ContentMismatchException(String message) {
    super(message);
  }
}
