package io.jukung.shim;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.StatusFlags;
import io.jukung.linux.io.Transfer;
import io.jukung.linux.libc.Memory;

/**
 * Copies what one attached client types from the pipe that the daemon fills to the container's
 * standard input or terminal. It watches one of the two at a time: the pipe while the container
 * reads, and the container while the container does not.
 */
final class AttachedInput extends Source {
  private static final int BUFFER = 4096;

  private final Container container;
  private final EventLoop loop;
  private final Fd pipe;
  private final Fd target;
  private final Memory buffer = Memory.allocate(BUFFER);
  private int start;
  private int end;
  private Fd watched;
  private boolean open = true;

  /**
   * @param pipe the reading end of the client's pipe; this object closes it
   * @param target a duplicate of the container's descriptor, because epoll watches a descriptor for
   *     one source only; this object closes it
   */
  AttachedInput(Container container, EventLoop loop, Fd pipe, Fd target) {
    this.container = container;
    this.loop = loop;
    this.pipe = pipe;
    this.target = target;
    this.watched = pipe;
  }

  void start() throws ErrnoException {
    StatusFlags.setNonBlocking(pipe);
    StatusFlags.setNonBlocking(target);
    loop.add(this, pipe, Epoll.IN);
  }

  @Override
  void ready(int events) throws ErrnoException {
    if (start == end && !fill()) {
      return;
    }
    int count = Transfer.write(target, buffer, start, end - start);
    if (count < 0 && count != Transfer.WOULD_BLOCK) {
      close(); // the container's end is closed; the daemon notices at its own end of the pipe
      return;
    }
    start += Math.max(count, 0);
    watch(start == end ? pipe : target);
  }

  /** Reads from the pipe; returns whether there is something to pass on. */
  private boolean fill() {
    int count = Transfer.read(pipe, buffer, 0, BUFFER);
    if (count == Transfer.WOULD_BLOCK) {
      return false;
    }
    if (count <= 0) {
      close();
      container.inputEnded();
      return false;
    }
    start = 0;
    end = count;
    return true;
  }

  private void watch(Fd wanted) throws ErrnoException {
    if (watched != wanted) {
      loop.remove(this, watched);
      watched = wanted;
      loop.add(this, wanted, wanted == pipe ? Epoll.IN : Epoll.OUT);
    }
  }

  void close() {
    if (open) {
      open = false;
      loop.remove(this, watched);
      pipe.close();
      target.close();
      buffer.close();
      container.detach(this);
    }
  }

  @Override
  void abandon() {
    close();
  }

  @Override
  public String toString() {
    return "input of a client attached to " + container;
  }
}
