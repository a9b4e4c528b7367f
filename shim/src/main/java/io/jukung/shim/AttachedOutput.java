package io.jukung.shim;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.StatusFlags;
import io.jukung.linux.io.Transfer;
import io.jukung.linux.libc.Memory;
import org.jspecify.annotations.Nullable;

/**
 * The copy of one output for one attached client: the writing end of a pipe that the daemon reads.
 * While the pipe is full, this object keeps the rest of the last piece, and the output is not read.
 * After a time limit the client is detached, so that it cannot stop the application.
 */
final class AttachedOutput extends Source {
  /** The daemon detaches slow clients earlier; this limit is for a daemon that hangs. */
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  private final Pod pod;
  private final Pump pump;
  private final Fd pipe;
  private boolean open = true;
  // The bytes that the pipe had no room for; null while nothing waits.
  private @Nullable Memory rest;
  private int restStart;
  private long deadline;

  AttachedOutput(Pod pod, Pump pump, Fd pipe) {
    this.pod = pod;
    this.pump = pump;
    this.pipe = pipe;
  }

  void start() throws ErrnoException {
    StatusFlags.setNonBlocking(pipe);
    pod.loop().add(this, pipe, 0); // epoll always reports that the reading end is closed
  }

  boolean isStalled() {
    return rest != null;
  }

  /** Returns when a stalled client is detached, in the clock of {@link System#nanoTime}. */
  long deadline() {
    return deadline;
  }

  /** Passes bytes on. Must not be called while the client is stalled. */
  void write(Memory chunk, int offset, int length) {
    int written = writeSome(chunk, offset, length);
    if (open && written < length) {
      stall(chunk, offset + written, length - written);
    }
  }

  /**
   * Writes until the pipe is full; closes this object if the reading end is closed. Returns how
   * many bytes were written.
   */
  private int writeSome(Memory source, int offset, int length) {
    int done = 0;
    while (done < length) {
      int count = Transfer.write(pipe, source, offset + done, length - done);
      if (count == Transfer.WOULD_BLOCK) {
        return done;
      }
      if (count <= 0) {
        close();
        return done;
      }
      done += count;
    }
    return done;
  }

  private void stall(Memory chunk, int offset, int length) {
    Memory kept = Memory.allocate(length);
    chunk.copyTo(offset, kept, 0, length);
    rest = kept;
    restStart = 0;
    deadline = System.nanoTime() + PATIENCE_NANOS;
    pod.stalled(this);
    watch(Epoll.OUT);
  }

  private void watch(int events) {
    try {
      pod.loop().modify(this, pipe, events);
    } catch (ErrnoException e) {
      ErrorLog.unexpected(this + " closed", e);
      close();
    }
  }

  @Override
  void ready(int events) {
    if ((events & Epoll.OUT) != 0 && rest != null) {
      flush(rest);
    } else if ((events & (Epoll.ERR | Epoll.HUP)) != 0) {
      close();
    }
  }

  private void flush(Memory waiting) {
    restStart += writeSome(waiting, restStart, waiting.size() - restStart);
    if (open && restStart == waiting.size()) {
      flow();
      watch(0);
      pump.resume();
    }
  }

  private void flow() {
    if (rest != null) {
      rest.clear();
      rest.close();
      rest = null;
      pod.flows(this);
    }
  }

  void close() {
    if (open) {
      open = false;
      pod.loop().remove(this, pipe);
      pipe.close();
      flow();
      pump.detach(this);
    }
  }

  @Override
  void abandon() {
    close();
  }

  @Override
  public String toString() {
    return "attached client of " + pump;
  }
}
