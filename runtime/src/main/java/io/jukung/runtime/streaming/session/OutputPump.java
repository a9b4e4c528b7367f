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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a pipe or terminal for as long as the client takes what it gives. Owns the descriptor.
 * Thread-safe.
 */
final class OutputPump implements DescriptorLoop.Watched {
  private static final Logger LOG = LoggerFactory.getLogger(OutputPump.class);

  /** Where the output goes. */
  interface Sink {
    void take(byte[] bytes);

    boolean hasRoom();

    /** The output has ended; not called after {@link #close}. */
    void ended();

    /** The client has no room, and {@link #resume} is waited for. */
    void stalled();
  }

  private final DescriptorLoop loop;
  private final Fd fd;
  private final Sink sink;
  private long token;
  private boolean watched;
  private boolean open = true;
  private long total;

  OutputPump(DescriptorLoop loop, Fd fd, Sink sink) {
    this.loop = loop;
    this.fd = fd;
    this.sink = sink;
  }

  synchronized void start() throws ErrnoException {
    StatusFlags.setNonBlocking(fd);
    watch();
  }

  private void watch() throws ErrnoException {
    token = loop.add(fd, this);
    watched = true;
  }

  /** Not only for no events: the end of the writer would be told again and again. */
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
        resume(); // it has room again since, and may have said so too early
      }
    }
  }

  /** Whether this was the end. */
  private synchronized boolean readOnce(Memory chunk) {
    if (!watched) {
      return false;
    }
    int count = Transfer.read(fd, chunk, 0, chunk.size());
    if (count == Transfer.WOULD_BLOCK) {
      return false;
    }
    if (count <= 0) {
      if (count < 0 && count != -Errno.EIO) { // EIO: nobody holds the terminal's slave any more
        LOG.warn("output of a command: {}", Errno.describe(-count));
      }
      close();
      return true;
    }
    total += count;
    sink.take(chunk.getBytes(0, count));
    if (!sink.hasRoom()) {
      unwatch();
    }
    return false;
  }

  synchronized boolean isPaused() {
    return open && !watched;
  }

  synchronized boolean isOpen() {
    return open;
  }

  /** How much has been read. */
  synchronized long total() {
    return total;
  }

  /** Goes on after a pause, if there is one. */
  void resume() {
    try {
      synchronized (this) {
        if (isPaused()) {
          watch();
        }
      }
    } catch (ErrnoException e) {
      LOG.warn("output of a command: {}", e.getMessage());
      close();
      sink.ended();
    }
  }

  /** Whether there is nothing to read now, though it is being read. */
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
