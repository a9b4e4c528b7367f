package io.jukung.image.tar;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;

/**
 * Opens a layer's tar stream, whatever its compression. The first bytes decide and not the media
 * type, which registries get wrong; the digest of the uncompressed bytes is checked either way.
 */
public final class Decompression {
  /** The window that zstd(1) itself accepts by default: 128 MiB of memory at most. */
  private static final int MAX_ZSTD_WINDOW_LOG = 27;

  /** As many of the first bytes as decide. */
  public static final int PEEKED_BYTES = 4;

  private Decompression() {}

  /** Closing the result frees native memory and closes the source. */
  public static InputStream open(InputStream compressed) throws IOException {
    byte[] head = new byte[PEEKED_BYTES];
    int count = compressed.readNBytes(head, 0, PEEKED_BYTES);
    PushbackInputStream whole = new PushbackInputStream(compressed, PEEKED_BYTES);
    whole.unread(head, 0, count);
    if (isGzip(head, count)) {
      return new GzipInputStream(whole);
    }
    if (count == PEEKED_BYTES && isZstd(head)) {
      return zstd(whole);
    }
    return whole;
  }

  /**
   * Whether {@link #open} decompresses, or gives the bytes as they are.
   *
   * @param head the first {@link #PEEKED_BYTES}, or all there are
   */
  public static boolean isCompressed(byte[] head) {
    return isGzip(head, head.length) || (head.length == PEEKED_BYTES && isZstd(head));
  }

  private static InputStream zstd(InputStream compressed) throws IOException {
    ZstdInputStreamNoFinalizer stream = new ZstdInputStreamNoFinalizer(compressed);
    try {
      stream.setLongMax(MAX_ZSTD_WINDOW_LOG);
      return stream;
    } catch (IOException e) {
      stream.close();
      throw e;
    }
  }

  private static boolean isGzip(byte[] head, int count) {
    return count >= 2 && (head[0] & 0xFF) == 0x1f && (head[1] & 0xFF) == 0x8b;
  }

  /** A frame, or a skippable one, which may come first (RFC 8878). */
  private static boolean isZstd(byte[] head) {
    int magic =
        (head[0] & 0xFF) | (head[1] & 0xFF) << 8 | (head[2] & 0xFF) << 16 | (head[3] & 0xFF) << 24;
    return magic == 0xFD2FB528 || (magic & 0xFFFFFFF0) == 0x184D2A50;
  }
}
