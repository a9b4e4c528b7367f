package io.jukung.image.layer;

import java.io.IOException;

/**
 * The layer has more names than the memory bound of its format allows. It can be unpacked in the
 * format DIRECTORY.
 */
public final class LayerTooLargeException extends IOException {
  private static final long serialVersionUID = 1L;

  LayerTooLargeException(String message) {
    super(message);
  }
}
