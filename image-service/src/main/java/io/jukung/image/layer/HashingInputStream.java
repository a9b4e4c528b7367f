package io.jukung.image.layer;

import io.jukung.image.content.BulkInputStream;
import io.jukung.image.content.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;

/** Computes the digest of a stream while it is read, and fails when the stream exceeds a bound. */
public final class HashingInputStream extends BulkInputStream {
  private final InputStream in;
  private final Digest.Algorithm algorithm;
  private final MessageDigest computation;
  private final long maxBytes;
  private long count;

  /**
   * @param maxBytes the most that the stream may have
   */
  public HashingInputStream(InputStream in, Digest.Algorithm algorithm, long maxBytes) {
    this.in = in;
    this.algorithm = algorithm;
    this.computation = algorithm.start();
    this.maxBytes = maxBytes;
  }

  @Override
  public int read(byte[] target, int start, int length) throws IOException {
    int read = in.read(target, start, length);
    if (read > 0) {
      count += read;
      if (count > maxBytes) {
        throw new LayerFormatException(
            "layer is larger than %d bytes uncompressed".formatted(maxBytes));
      }
      computation.update(target, start, read);
    }
    return read;
  }

  /** The digest of all bytes that have been read. It can be called once, after the last read. */
  public Digest digest() {
    return Digest.of(algorithm, computation);
  }

  long count() {
    return count;
  }
}
