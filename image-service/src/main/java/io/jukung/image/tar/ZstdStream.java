package io.jukung.image.tar;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import io.jukung.image.content.BulkInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Decompresses zstd (RFC 8878). Corrupt or truncated data is an {@link ArchiveFormatException}, so
 * that callers need not know the library's own exceptions.
 */
final class ZstdStream extends BulkInputStream {
  /** The largest window that zstd(1) accepts by default: 128 MiB of memory. */
  private static final int MAX_WINDOW_LOG = 27;

  private final ZstdInputStreamNoFinalizer in;

  /**
   * @param compressed closed with this stream
   */
  ZstdStream(InputStream compressed) throws IOException {
    in = new ZstdInputStreamNoFinalizer(compressed);
    try {
      in.setLongMax(MAX_WINDOW_LOG);
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  @Override
  public int read(byte[] target, int start, int length) throws IOException {
    try {
      return in.read(target, start, length);
    } catch (ZstdIOException e) {
      throw new ArchiveFormatException("zstd data is corrupt: " + e.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
