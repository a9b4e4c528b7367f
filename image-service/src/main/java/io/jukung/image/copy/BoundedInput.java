package io.jukung.image.copy;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;

/**
 * A stream that fails when more is read than a bound, which a small compressed file may give, or
 * when the reading thread is interrupted. For one thread.
 */
final class BoundedInput extends InputStream {
  private final InputStream in;
  private final long maxBytes;
  private long count;

  /**
   * @param in is closed with this stream
   */
  BoundedInput(InputStream in, long maxBytes) {
    this.in = in;
    this.maxBytes = maxBytes;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("interrupted after " + count + " bytes");
    }
    int read = in.read(target, offset, length);
    if (read > 0) {
      count += read;
      if (count > maxBytes) {
        throw new IOException("there are more than " + maxBytes + " bytes in it");
      }
    }
    return read;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
