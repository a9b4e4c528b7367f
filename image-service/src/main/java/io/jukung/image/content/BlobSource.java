package io.jukung.image.content;

import java.io.IOException;

/** Where a blob comes from: a registry with its mirrors, an archive. */
@FunctionalInterface
public interface BlobSource {
  /** Receives a blob's bytes in order. */
  interface Sink {
    /** How many bytes have arrived; a source that starts over elsewhere goes on from there. */
    long position();

    void write(byte[] source, int start, int length) throws IOException;
  }

  /** Delivers the whole blob, or what is left of it. The caller's interrupt ends it. */
  void fetch(Digest digest, long size, Sink sink) throws IOException, InterruptedException;

  /**
   * Told that what was delivered as the blob is something else, so that it is not taken from there
   * again. Whether another place is left to ask.
   */
  default boolean elsewhere(Digest digest) {
    return false;
  }
}
