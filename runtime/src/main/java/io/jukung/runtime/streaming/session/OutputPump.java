package io.jukung.runtime.streaming.session;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.io.StatusFlags;
import io.jukung.linux.io.Transfer;
import io.jukung.linux.libc.Memory;
import io.jukung.runtime.descriptor.DescriptorLoop;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a pipe or terminal while the client has room for its output. Owns the descriptor.
 * Thread-safe.
 */
final class OutputPump implements DescriptorLoop.Watched {
  private static final Logger LOG = LoggerFactory.getLogger(OutputPump.class);

  /** The receiver of the output. */
  interface Sink {
    void take(byte[] bytes);

    boolean hasRoom();

    /** Called when the output has ended, unless {@link #close} ended it. */
    void ended();

    /**
     * Called when the pump has paused because the client has no room. The pump continues with
     * {@link #resume}.
     */
    void stalled();
  }

  private final DescriptorLoop loop;
  private final Fd fd;
  private final Sink sink;
  private final LongSupplier clock;
  private long token;
  private boolean watched;
  private boolean open = true;
  private boolean stalled;
  private long stalledSince;
  private long total;

  OutputPump(DescriptorLoop loop, Fd fd, Sink sink) {
    this(loop, fd, sink, System::nanoTime);
  }

  /**
   * Makes a pump that does not read yet.
   *
   * @param clock nanoseconds since any moment
   */
  OutputPump(DescriptorLoop loop, Fd fd, Sink sink, LongSupplier clock) {
    this.loop = loop;
    this.fd = fd;
    this.sink = sink;
    this.clock = clock;
  }

  synchronized void start() throws ErrnoException {
    StatusFlags.setNonBlocking(fd);
    watch();
  }

  private void watch() throws ErrnoException {
    token = loop.add(fd, this);
    watched = true;
    stalled = false;
  }

  /**
   * Removes the descriptor from the loop. Watching it for no events is not enough: the end of the
   * writer would be reported again and again.
   */
  private void unwatch() {
    if (watched) {
      watched = false;
      loop.remove(token, fd);
    }
  }

  @Override
  public void ready(int events, Memory chunk) {
    if (readOnce(chunk)) {
      sink.ended();
    } else if (isPaused()) {
      sink.stalled();
      if (sink.hasRoom()) {
        resume(); // the client may have got room, and reported it, before the pump had paused
      }
    }
  }

  /**
   * Reads once.
   *
   * @return whether the output has ended
   */
  private synchronized boolean readOnce(Memory chunk) {
    if (!watched) {
      return false;
    }
    int count = Transfer.read(fd, chunk, 0, chunk.size());
    if (count == Transfer.WOULD_BLOCK) {
      return false;
    }
    if (count <= 0) {
      if (count < 0 && count != -Errno.EIO) { // EIO: the terminal has no slave any more
        LOG.warn("the output of a command cannot be read: {}", Errno.describe(-count));
      }
      close();
      return true;
    }
    total += count;
    sink.take(chunk.getBytes(0, count));
    if (!sink.hasRoom()) {
      unwatch();
      stalled = true;
      stalledSince = clock.getAsLong();
    }
    return false;
  }

  private synchronized boolean isPaused() {
    return open && !watched;
  }

  /** For how long the client has had no room for this output; empty where it has room. */
  synchronized Optional<Duration> stall() {
    return open && stalled
        ? Optional.of(Duration.ofNanos(clock.getAsLong() - stalledSince))
        : Optional.empty();
  }

  synchronized boolean isOpen() {
    return open;
  }

  /** How many bytes have been read. */
  synchronized long total() {
    return total;
  }

  /** Continues to read, if the pump has paused. */
  void resume() {
    try {
      synchronized (this) {
        if (isPaused()) {
          watch();
        }
      }
    } catch (ErrnoException e) {
      LOG.warn("the output of a command cannot be watched: {}", e.getMessage());
      close();
      sink.ended();
    }
  }

  /** Whether the pump is reading and there is nothing to read at the moment. */
  synchronized boolean isEmpty() throws ErrnoException {
    return watched && Readiness.await(fd, Epoll.IN, 0) == 0;
  }

  synchronized void close() {
    if (open) {
      open = false;
      unwatch();
      fd.close();
    }
  }

  @Override
  public String toString() {
    return "output of a command";
  }
}
