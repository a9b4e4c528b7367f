package io.jukung.image.tar;

import io.jukung.linux.igzip.IgzipOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * Compresses with gzip (RFC 1952), for speed rather than for the smallest result. Igzip is used if
 * its library is on this machine, and the JDK's zlib otherwise: both give about the size of zlib's
 * level 1, and not the same bytes. The header has no time and no name.
 */
public final class GzipStream {
  private GzipStream() {}

  /**
   * Begins a stream.
   *
   * @param out takes the compressed bytes; closed with the stream
   * @param bufferBytes of the compressed bytes
   */
  public static OutputStream compress(OutputStream out, int bufferBytes) throws IOException {
    Optional<OutputStream> igzip = IgzipOutputStream.open(out);
    return igzip.isPresent() ? igzip.get() : new Zlib(out, bufferBytes);
  }

  /** The JDK's, at its fastest level. */
  static final class Zlib extends GZIPOutputStream {
    Zlib(OutputStream out, int bufferBytes) throws IOException {
      super(out, bufferBytes);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }
}
