package io.jukung.image.layer;

import io.jukung.linux.fs.Fd;
import java.io.IOException;

/** A settled layer below the one that is being made. */
@FunctionalInterface
public interface LowerTree {
  /**
   * Opens the layer's root directory, which the caller closes. Waits until the layer is settled.
   * Called only if something in the layer has to be looked at.
   */
  Fd open() throws IOException, InterruptedException;
}
