package io.jukung.image.install;

import io.jukung.image.content.Digest;

/**
 * Told how a pull or import goes on. Called from several threads at once, and on the path of the
 * bytes: it must be quick and must not throw.
 */
public interface PullListener {
  /** Not interested. */
  PullListener SILENT = new PullListener() {};

  /** A layer that is not here yet, of the given compressed size. */
  default void layerNeeded(Digest layer, long sizeBytes) {}

  /** How much of the layer has arrived; may come in any order and repeat. */
  default void layerArrived(Digest layer, long arrivedBytes, long sizeBytes) {}

  /** The layer is unpacked, verified and on disk. */
  default void layerReady(Digest layer) {}
}
