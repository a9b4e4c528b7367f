package io.jukung.image.registry;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpTimeoutException;
import java.time.Duration;

/**
 * A response body whose sender must not stop or trickle. If no byte arrives for the idle time, the
 * stream is closed and the waiting read throws HttpTimeoutException; so does a read when bytes
 * arrive more slowly than {@value #MIN_PROGRESS_BYTES} in the progress time. Only the time spent
 * waiting for the sender counts, not the time that the reader itself needs, for a slow disk say.
 *
 * <p>One reader at a time; a virtual thread per body watches the idle time until {@link #close}.
 */
final class TimedBody extends FilterInputStream {
  /** Must arrive within {@link RegistryTimeouts#progress}; by default some 200 bytes a second. */
  static final int MIN_PROGRESS_BYTES = 64 * 1024;

  private final RegistryTimeouts timeouts;
  private final Thread watch;
  private volatile long waitingSinceNanos;
  private volatile boolean waiting;
  private volatile boolean timedOut;
  private long waitedNanos;
  private long broughtBytes;

  TimedBody(InputStream in, RegistryTimeouts timeouts) {
    super(in);
    this.timeouts = timeouts;
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
      throw new HttpTimeoutException("no byte for " + text(timeouts.idle()));
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
    } else if (waitedNanos > timeouts.progress().toNanos()) {
      throw new HttpTimeoutException(
          "stalled: %d bytes in %s".formatted(broughtBytes, text(timeouts.progress())));
    }
  }

  private static String text(Duration limit) {
    return limit.toMillis() % 1000 == 0 ? limit.toSeconds() + " s" : limit.toMillis() + " ms";
  }

  private void watch() {
    long idle = timeouts.idle().toNanos();
    try {
      while (true) {
        long left = waiting ? idle - (System.nanoTime() - waitingSinceNanos) : idle;
        if (left <= 0) {
          timedOut = true;
          super.close();
          return;
        }
        Thread.sleep(Duration.ofNanos(Math.max(left, idle / 4)));
      }
    } catch (InterruptedException e) {
      return; // close() ends the watch
    } catch (IOException e) {
      return; // the reader throws the timeout, which says more
    }
  }
}
