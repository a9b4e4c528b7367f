package io.jukung.image.layer;

import io.jukung.image.content.BulkInputStream;
import io.jukung.image.content.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;

/** Hashes and bounds an uncompressed layer in the pass that reads it. */
final class HashingInputStream extends BulkInputStream {
  private final InputStream in;
  private final Digest.Algorithm algorithm;
  private final MessageDigest computation;
  private final long maxBytes;
  private long count;

  HashingInputStream(InputStream in, Digest.Algorithm algorithm, long maxBytes) {
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

  /** Of all that was read so far. Ends the computation. */
  Digest digest() {
    return Digest.of(algorithm, computation);
  }

  long count() {
    return count;
  }
}
