package io.jukung.cri.client;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpTimeoutException;
import java.time.Duration;

/**
 * The body of an HTTP response whose sender must not stop or trickle. If no byte arrives for the
 * idle time, the stream is closed and the waiting read throws HttpTimeoutException; so does a read
 * when bytes arrive more slowly than {@value #MIN_PROGRESS_BYTES} in the progress time. Only the
 * time spent waiting for the sender counts, not the time that the reader itself needs, for a slow
 * disk say.
 *
 * <p>One reader at a time; a virtual thread per body watches the idle time until {@link #close}.
 */
public final class TimedBody extends FilterInputStream {
  /** Must arrive within the progress time: with five minutes some 200 bytes a second. */
  public static final int MIN_PROGRESS_BYTES = 64 * 1024;

  private final Duration idle;
  private final Duration progress;
  private final Thread watch;
  private volatile long waitingSinceNanos;
  private volatile boolean waiting;
  private volatile boolean timedOut;
  private long waitedNanos;
  private long broughtBytes;

  /**
   * Begins to watch a body.
   *
   * @param in closed with this stream
   * @param idle the longest wait for the next byte
   * @param progress the time in which {@value #MIN_PROGRESS_BYTES} bytes must arrive
   */
  public TimedBody(InputStream in, Duration idle, Duration progress) {
    super(in);
    this.idle = idle;
    this.progress = progress;
    this.watch = Thread.ofVirtual().name("idle-timeout").start(this::watch);
  }

  @Override
  public int read(byte[] target, int start, int length) throws IOException {
    long since = System.nanoTime();
    waitingSinceNanos = since;
    waiting = true;
    int count;
    try {
      count = in.read(target, start, length);
    } catch (IOException e) {
      throwIfTimedOut();
      throw e;
    } finally {
      waiting = false;
    }
    throwIfTimedOut();
    checkProgress(count, System.nanoTime() - since);
    return count;
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

  private void throwIfTimedOut() throws HttpTimeoutException {
    if (timedOut) {
      throw new HttpTimeoutException("no byte for " + text(idle));
    }
  }

  private void checkProgress(int count, long nanos) throws HttpTimeoutException {
    if (count < 0) {
      return;
    }
    broughtBytes += count;
    waitedNanos += nanos;
    if (broughtBytes >= MIN_PROGRESS_BYTES) {
      broughtBytes = 0;
      waitedNanos = 0;
    } else if (waitedNanos > progress.toNanos()) {
      throw new HttpTimeoutException(
          "stalled: %d bytes in %s".formatted(broughtBytes, text(progress)));
    }
  }

  private static String text(Duration limit) {
    return limit.toMillis() % 1000 == 0 ? limit.toSeconds() + " s" : limit.toMillis() + " ms";
  }

  private void watch() {
    long limit = idle.toNanos();
    try {
      while (true) {
        long left = waiting ? limit - (System.nanoTime() - waitingSinceNanos) : limit;
        if (left <= 0) {
          timedOut = true;
          super.close();
          return;
        }
        Thread.sleep(Duration.ofNanos(Math.max(left, limit / 4)));
      }
    } catch (InterruptedException e) {
      return; // close() ends the watch
    } catch (IOException e) {
      return; // the reader throws the timeout, which says more
    }
  }
}
