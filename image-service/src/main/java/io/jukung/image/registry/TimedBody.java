package io.jukung.image.registry;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpTimeoutException;
import java.time.Duration;

/**
 * A body that must not fall silent: where no byte comes for the given time, the stream is closed
 * under its reader, who learns that it was a timeout.
 */
final class IdleTimeoutStream extends FilterInputStream {
  private final Duration idle;
  private final Thread watch;
  private volatile long lastByteNanos = System.nanoTime();
  private volatile boolean waiting;
  private volatile boolean timedOut;

  IdleTimeoutStream(InputStream in, Duration idle) {
    super(in);
    this.idle = idle;
    this.watch = Thread.ofVirtual().name("idle-timeout").start(this::watch);
  }

  @Override
  public int read(byte[] target, int start, int length) throws IOException {
    lastByteNanos = System.nanoTime();
    waiting = true;
    try {
      return orTimeout(in.read(target, start, length));
    } catch (IOException e) {
      orTimeout(0);
      throw e;
    } finally {
      waiting = false;
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public void close() throws IOException {
    watch.interrupt();
    super.close();
  }

  private int orTimeout(int result) throws HttpTimeoutException {
    if (timedOut) {
      throw new HttpTimeoutException("no byte for " + idle.toSeconds() + " s");
    }
    return result;
  }

  private void watch() {
    try {
      while (true) {
        long left = idle.toNanos() - (System.nanoTime() - lastByteNanos);
        // Only the peer is watched: a reader that is busy itself is not idle.
        if (left <= 0 && waiting) {
          timedOut = true;
          super.close();
          return;
        }
        Thread.sleep(Duration.ofNanos(Math.max(left, idle.toNanos() / 4)));
      }
    } catch (InterruptedException e) {
      return; // closed in good order
    } catch (IOException e) {
      return; // the reader gets the timeout, which says more
    }
  }
}
