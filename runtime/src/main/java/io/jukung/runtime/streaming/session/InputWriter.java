package io.jukung.runtime.streaming.session;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.StatusFlags;
import io.jukung.linux.io.Transfer;
import io.jukung.linux.libc.Memory;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the input of a client to a pipe or terminal. Input that comes before the descriptor is
 * known, or while it is full, is kept in memory. Thread-safe.
 */
final class InputWriter implements DescriptorLoop.Watched {
  private static final Logger LOG = LoggerFactory.getLogger(InputWriter.class);

  /** How many bytes are kept beyond the 64 KiB of a pipe; then the client has to wait. */
  private static final int MAX_WAITING = 256 * 1024;

  private static final int PIECE = 64 * 1024;

  private final DescriptorLoop loop;
  private final Runnable drained;
  private final Deque<ByteBuf> queue = new ArrayDeque<>();
  private long waiting;
  private @Nullable Fd target;
  private long token;
  private boolean watched;
  private boolean ending;
  private boolean closed;

  /**
   * Makes a writer that keeps input until it is connected.
   *
   * @param drained called when there is room again after there was none
   */
  InputWriter(DescriptorLoop loop, Runnable drained) {
    this.loop = loop;
    this.drained = drained;
  }

  /**
   * Writes what was kept, and further input, to a descriptor.
   *
   * @param descriptor belongs to the writer from now on
   */
  void connect(Fd descriptor) throws ErrnoException {
    boolean hadRoom;
    synchronized (this) {
      if (closed) {
        descriptor.close();
        return;
      }
      target = descriptor;
      StatusFlags.setNonBlocking(descriptor);
      hadRoom = hasRoom();
      flush();
    }
    tellIfDrained(hadRoom);
  }

  /**
   * Writes bytes, now or when the descriptor has room.
   *
   * @param bytes stay the caller's
   */
  synchronized void write(ByteBuf bytes) {
    if (closed || ending || !bytes.isReadable()) {
      return;
    }
    waiting += bytes.readableBytes();
    queue.add(bytes.retainedSlice());
    if (!watched) {
      flush();
    }
  }

  synchronized boolean hasRoom() {
    return waiting < MAX_WAITING;
  }

  /** Closes the descriptor once all input is written. */
  synchronized void end() {
    ending = true;
    if (!watched && !closed) {
      flush();
    }
  }

  @Override
  public void ready(int events, Memory chunk) {
    boolean hadRoom;
    synchronized (this) {
      if (!watched) {
        return;
      }
      hadRoom = hasRoom();
      flush();
    }
    tellIfDrained(hadRoom);
  }

  private void tellIfDrained(boolean hadRoom) {
    if (!hadRoom && hasRoom()) {
      drained.run();
    }
  }

  private void flush() {
    Fd to = target;
    if (to == null) {
      return;
    }
    while (!queue.isEmpty()) {
      ByteBuf first = queue.getFirst();
      int count = write(to, first);
      if (count == Transfer.WOULD_BLOCK) {
        watch(to);
        return;
      }
      if (count < 0) { // there is no reader any more: EPIPE, or EIO of a terminal
        close();
        return;
      }
      waiting -= count;
      first.skipBytes(count);
      if (!first.isReadable()) {
        queue.removeFirst().release();
      }
    }
    unwatch(to);
    if (ending) {
      close();
    }
  }

  private static int write(Fd to, ByteBuf bytes) {
    byte[] piece = new byte[Math.min(PIECE, bytes.readableBytes())];
    bytes.getBytes(bytes.readerIndex(), piece);
    try (Memory memory = Memory.ofBytes(piece)) {
      return Transfer.write(to, memory, 0, piece.length);
    }
  }

  private void watch(Fd to) {
    if (!watched) {
      try {
        token = loop.add(to, Epoll.OUT, this);
        watched = true;
      } catch (ErrnoException e) {
        LOG.warn("the input of a command cannot be written any more: {}", e.getMessage());
        close();
      }
    }
  }

  private void unwatch(Fd to) {
    if (watched) {
      watched = false;
      loop.remove(token, to);
    }
  }

  /** Closes the descriptor and drops the input that is not written yet. */
  synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    waiting = 0;
    queue.forEach(ByteBuf::release);
    queue.clear();
    if (target != null) {
      unwatch(target);
      target.close();
    }
  }

  @Override
  public String toString() {
    return "input of a command";
  }
}
