package io.jukung.image.layer;

import java.io.IOException;

/** A layer whose bytes are malformed, or ask for what a layer may not have. The layer's fault. */
public final class LayerFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  public LayerFormatException(String message) {
    super(message);
  }
}
