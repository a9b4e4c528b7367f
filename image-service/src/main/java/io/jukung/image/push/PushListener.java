package io.jukung.image.push;

import io.jukung.image.content.Digest;

/**
 * Receives the progress of a push. The methods are called by several threads at once, between
 * writes to the network: they must return quickly and must not throw.
 */
public interface PushListener {
  /** Ignores everything. */
  PushListener NONE = new PushListener() {};

  /** How a blob came into the repository. */
  enum Outcome {
    /** Its bytes were sent. */
    UPLOADED,
    /** The repository had it already. */
    PRESENT,
    /** The registry has taken it over from another repository. */
    MOUNTED
  }

  /**
   * The blob belongs to the image.
   *
   * @param sizeBytes the size of the blob as it is sent, compressed
   */
  default void blobNeeded(Digest blob, long sizeBytes) {}

  /**
   * So many bytes of the blob were handed to the connection. The number falls where an upload has
   * to begin again.
   */
  default void blobSent(Digest blob, long sentBytes, long sizeBytes) {}

  /** The repository has the blob. */
  default void blobReady(Digest blob, Outcome outcome) {}
}
