package io.jukung.image.layer;

import java.io.IOException;

/** A layer's bytes are malformed, or have something that a layer may not have. */
public final class LayerFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  public LayerFormatException(String message) {
    super(message);
  }
}
