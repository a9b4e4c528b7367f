package io.jukung.image.content;

import java.io.IOException;

/** A place that blobs are read from: a registry with its mirrors, or an archive. */
@FunctionalInterface
public interface BlobSource {
  /** Receives a blob's bytes in order. */
  interface Sink {
    /**
     * The number of bytes received so far. A source that resumes, at the same host or another,
     * continues from there.
     */
    long position();

    /** Receives the next bytes of the blob. */
    void write(byte[] source, int start, int length) throws IOException;
  }

  /**
   * Writes the blob's bytes to the sink, from the sink's position to the end. An interrupt of the
   * calling thread ends the transfer.
   */
  void fetch(Digest digest, long size, Sink sink) throws IOException, InterruptedException;

  /** Names what the source reads from: a registry's name, or empty for archives. */
  default String origin() {
    return "";
  }

  /**
   * Tells the source that the content it delivered does not have the blob's digest, so that the
   * same host is not asked for this blob again.
   *
   * @return whether another host is left to ask
   */
  default boolean rejectDelivered(Digest digest) {
    return false;
  }
}
