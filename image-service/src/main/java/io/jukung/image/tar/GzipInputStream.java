package io.jukung.image.tar;

import io.jukung.image.content.BulkInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;

/**
 * Decompresses gzip (RFC 1952) with any number of members, as seekable layers have. The JDK's own
 * stream looks only into its buffer to find out whether another member follows, so that it can end
 * too early on a slow connection.
 */
final class GzipInputStream extends BulkInputStream {
  /**
   * How many bytes of the previous input stay in the buffer, because an inflater may return a few
   * bytes more than its last input had.
   */
  private static final int KEPT_BYTES = 8;

  private static final int BUFFER_BYTES = KEPT_BYTES + 64 * 1024;
  private static final int FLAG_HEADER_CRC = 2;
  private static final int FLAG_EXTRA = 4;
  private static final int FLAG_NAME = 8;
  private static final int FLAG_COMMENT = 16;
  private static final int DEFLATE = 8;

  private final InputStream in;
  private final RawInflater inflater;
  private final CRC32 crc = new CRC32();
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position = KEPT_BYTES;
  private int limit = KEPT_BYTES;
  private long inflatedBytes;
  private boolean inMember;
  private boolean ended;
  private boolean closed;

  GzipInputStream(InputStream in) {
    this(in, RawInflater.open());
  }

  /** Uses this inflater, which the stream closes. */
  GzipInputStream(InputStream in, RawInflater inflater) {
    this.in = in;
    this.inflater = inflater;
  }

  @Override
  public int read(byte[] target, int start, int length) throws IOException {
    if (closed) {
      throw new IOException("read after close");
    }
    while (!ended && length > 0) {
      if (!inMember) {
        ended = !readHeader();
        inMember = !ended;
        continue;
      }
      if (inflater.needsInput()) {
        if (position == limit && !fill()) {
          throw new ArchiveFormatException("gzip ends within its data");
        }
        inflater.input(buffer, position, limit - position);
        position = limit;
      }
      int count = inflate(target, start, length);
      if (count > 0) {
        crc.update(target, start, count);
        inflatedBytes += count;
      }
      if (inflater.finished()) {
        endMember();
      }
      if (count > 0) {
        return count;
      }
    }
    return length == 0 ? 0 : -1;
  }

  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      inflater.close();
      in.close();
    }
  }

  private int inflate(byte[] target, int start, int length) throws IOException {
    try {
      return inflater.inflate(target, start, length);
    } catch (DataFormatException e) {
      throw new ArchiveFormatException("gzip data is corrupt: " + e.getMessage());
    }
  }

  /** Returns false if the stream ends here. */
  private boolean readHeader() throws IOException {
    if (position == limit && !fill()) {
      return false;
    }
    if (next() != 0x1f || next() != 0x8b || next() != DEFLATE) {
      throw new ArchiveFormatException("gzip member has a header that is not gzip's");
    }
    int flags = next();
    skip(6); // time, extra flags, operating system
    if ((flags & FLAG_EXTRA) != 0) {
      skip(next() | next() << 8);
    }
    if ((flags & FLAG_NAME) != 0) {
      skipText();
    }
    if ((flags & FLAG_COMMENT) != 0) {
      skipText();
    }
    if ((flags & FLAG_HEADER_CRC) != 0) {
      skip(2);
    }
    inflater.begin();
    crc.reset();
    inflatedBytes = 0;
    return true;
  }

  private void endMember() throws IOException {
    position = limit - inflater.remaining();
    long expectedCrc = nextInt();
    long expectedSize = nextInt();
    if (expectedCrc != crc.getValue() || expectedSize != (inflatedBytes & 0xFFFFFFFFL)) {
      throw new ArchiveFormatException("gzip checksum is wrong");
    }
    inMember = false;
  }

  private long nextInt() throws IOException {
    return next() | next() << 8 | next() << 16 | (long) next() << 24;
  }

  private int next() throws IOException {
    if (position == limit && !fill()) {
      throw new ArchiveFormatException("gzip ends within a header or trailer");
    }
    return buffer[position++] & 0xFF;
  }

  private void skip(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      next();
    }
  }

  private void skipText() throws IOException {
    while (next() != 0) {
      // skip to the terminating zero byte
    }
  }

  private boolean fill() throws IOException {
    System.arraycopy(buffer, limit - KEPT_BYTES, buffer, 0, KEPT_BYTES);
    int count = in.read(buffer, KEPT_BYTES, buffer.length - KEPT_BYTES);
    position = KEPT_BYTES;
    limit = KEPT_BYTES + Math.max(0, count);
    return count > 0;
  }
}
