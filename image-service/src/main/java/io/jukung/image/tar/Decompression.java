package io.jukung.image.tar;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;

/**
 * Opens a tar stream that may be compressed by gzip or zstd. The compression is recognised by the
 * first bytes and not by the media type, because some registries send a wrong one.
 */
public final class Decompression {
  /** How many of the first bytes are needed to recognise the compression. */
  public static final int PEEKED_BYTES = 4;

  private Decompression() {}

  /** Opens the stream. Closing the result frees native memory and closes the source. */
  public static InputStream open(InputStream compressed) throws IOException {
    byte[] head = new byte[PEEKED_BYTES];
    int count = compressed.readNBytes(head, 0, PEEKED_BYTES);
    PushbackInputStream whole = new PushbackInputStream(compressed, PEEKED_BYTES);
    whole.unread(head, 0, count);
    if (isGzip(head, count)) {
      return new GzipInputStream(whole);
    }
    if (count == PEEKED_BYTES && isZstd(head)) {
      return new ZstdStream(whole);
    }
    return whole;
  }

  /**
   * Whether {@link #open} would decompress a stream that begins with these bytes.
   *
   * @param head the first {@link #PEEKED_BYTES} bytes, or fewer if the stream is shorter
   */
  public static boolean isCompressed(byte[] head) {
    return isGzip(head, head.length) || (head.length == PEEKED_BYTES && isZstd(head));
  }

  private static boolean isGzip(byte[] head, int count) {
    return count >= 2 && (head[0] & 0xFF) == 0x1f && (head[1] & 0xFF) == 0x8b;
  }

  /** Whether a zstd frame or a skippable frame begins here, which may come first (RFC 8878). */
  private static boolean isZstd(byte[] head) {
    int magic =
        (head[0] & 0xFF) | (head[1] & 0xFF) << 8 | (head[2] & 0xFF) << 16 | (head[3] & 0xFF) << 24;
    return magic == 0xFD2FB528 || (magic & 0xFFFFFFF0) == 0x184D2A50;
  }
}
