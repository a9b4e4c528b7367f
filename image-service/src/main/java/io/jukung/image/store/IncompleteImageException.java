package io.jukung.image.store;

import java.io.IOException;

/** Content that an image needs is not in the store, or is corrupt there. */
final class IncompleteImageException extends IOException {
  private static final long serialVersionUID = 1L;

  IncompleteImageException(String message) {
    super(message);
  }
}
