package io.jukung.image.install;

import io.jukung.image.layer.LowerTree;
import io.jukung.linux.fs.Fd;
import java.io.IOException;

/** A layer of an image that is being installed, as one caller of the installer sees it. */
interface PendingLayer extends LowerTree {
  /**
   * Waits until the layer's files are final and opens its root directory. The layer may not be in
   * the layer store yet.
   */
  @Override
  Fd open() throws IOException, InterruptedException;

  /** Returns when the layer is in the layer store. */
  void awaitReady() throws IOException, InterruptedException;

  /** Ends the caller's interest in the layer; a further call is a no-op. */
  void leave();
}
