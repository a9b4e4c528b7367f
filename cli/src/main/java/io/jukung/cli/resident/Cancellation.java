package io.jukung.cli.resident;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Eventfd;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;

/**
 * Ends and stops the use of a starter's descriptors: for good when the command ends, and for a time
 * while the user has stopped the starter. Thread-safe.
 */
final class Cancellation implements AutoCloseable {
  private final Eventfd event;
  private boolean cancelled;
  private boolean stopped;

  Cancellation() throws ErrnoException {
    event = Eventfd.create();
  }

  /** Returns a descriptor that is readable after {@link #cancel}, for all who wait. */
  Fd fd() {
    return event.fd();
  }

  synchronized void cancel() throws ErrnoException {
    if (!cancelled) {
      cancelled = true;
      event.signal();
      notifyAll();
    }
  }

  synchronized void stop() {
    stopped = true;
  }

  synchronized void resume() {
    stopped = false;
    notifyAll();
  }

  /** Throws if the command has ended. */
  synchronized void check() throws IOException {
    if (cancelled) {
      throw new IOException("the command has ended");
    }
  }

  /** Waits while the starter is stopped. */
  synchronized void checkAndAwaitResumption() throws IOException {
    check();
    while (stopped) {
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while the caller was stopped");
      }
      check();
    }
  }

  /** Waits for {@link #cancel}, at most so long. */
  synchronized void await(long millis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (!cancelled) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0) {
        return;
      }
      wait(left);
    }
  }

  /** To be called when nobody waits any more. */
  @Override
  public void close() {
    event.close();
  }
}
