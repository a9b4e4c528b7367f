package io.jukung.image.layer;

import java.io.IOException;

/** The layer has more names than its format is given memory for; another format takes it. */
public final class LayerTooLargeException extends IOException {
  private static final long serialVersionUID = 1L;

  LayerTooLargeException(String message) {
    super(message);
  }
}
