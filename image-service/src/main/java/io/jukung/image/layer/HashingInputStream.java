package io.jukung.image.layer;

import io.jukung.image.content.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;

/** Hashes and bounds an uncompressed layer in the pass that reads it. */
final class HashingInputStream extends InputStream {
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

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  /** Of all that was read so far. Ends the computation. */
  Digest digest() {
    return Digest.of(algorithm, computation);
  }

  long count() {
    return count;
  }
}
