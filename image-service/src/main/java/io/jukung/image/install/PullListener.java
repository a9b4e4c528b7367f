package io.jukung.image.install;

import io.jukung.image.content.Digest;

/**
 * Receives the progress of a pull or import. The methods are called by several threads at once,
 * between reads from the network: they must return quickly and must not throw.
 */
public interface PullListener {
  /** Ignores everything. */
  PullListener NONE = new PullListener() {};

  /**
   * The layer is not in the store and has to be made.
   *
   * @param sizeBytes the compressed size
   */
  default void layerNeeded(Digest layer, long sizeBytes) {}

  /** So many bytes of the layer have arrived. Calls may repeat a number or come out of order. */
  default void layerArrived(Digest layer, long arrivedBytes, long sizeBytes) {}

  /** The layer is in the layer store. */
  default void layerReady(Digest layer) {}
}
