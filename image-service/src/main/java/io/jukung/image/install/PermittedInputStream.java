package io.jukung.image.install;

import io.jukung.image.content.BulkInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.concurrent.Semaphore;

/**
 * Reads a blob for a thread that needs a permit to work on the bytes. A read that has to wait until
 * more of the blob has arrived returns the permit first and acquires one again afterwards, so that
 * a slow registry does not keep other layers from being unpacked. Closing the stream returns the
 * permit. Not thread-safe.
 *
 * <p>The source must report by {@link InputStream#available} which bytes it has at hand.
 */
final class PermittedInputStream extends BulkInputStream {
  private static final int NONE = -1;

  private final InputStream in;
  private final Semaphore permits;
  private int first;
  private boolean hasPermit = true;

  private PermittedInputStream(InputStream in, Semaphore permits, int first) {
    this.in = in;
    this.permits = permits;
    this.first = first;
  }

  /**
   * Waits until the blob has begun to arrive, then for a permit: whatever unpacking allocates is
   * allocated only for layers whose bytes are there.
   *
   * @param in closed with the stream that is returned, and by the caller if this method fails
   */
  static PermittedInputStream open(InputStream in, Semaphore permits)
      throws IOException, InterruptedException {
    int first = in.read();
    permits.acquire();
    return new PermittedInputStream(in, permits, first);
  }

  @Override
  public int read(byte[] target, int start, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (first != NONE) {
      target[start] = (byte) first;
      first = NONE;
      return 1;
    }
    if (in.available() > 0) {
      return in.read(target, start, length);
    }
    returnPermit();
    int count = in.read(target, start, length);
    acquirePermit();
    return count;
  }

  @Override
  public void close() throws IOException {
    returnPermit();
    in.close();
  }

  private void acquirePermit() throws IOException {
    try {
      permits.acquire();
      hasPermit = true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("unpack was interrupted");
    }
  }

  private void returnPermit() {
    if (hasPermit) {
      hasPermit = false;
      permits.release();
    }
  }
}
