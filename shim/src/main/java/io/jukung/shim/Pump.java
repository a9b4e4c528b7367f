package io.jukung.shim;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.StatusFlags;
import io.jukung.linux.io.Transfer;

/** One output of a container, from its pipe or terminal to its log. Owns the descriptor. */
final class Pump extends Source {
  private final Container container;
  private final EventLoop loop;
  private final Fd output;
  private final CriLog.Stream log;
  private boolean open = true;

  Pump(Container container, EventLoop loop, Fd output, CriLog.Stream log) {
    this.container = container;
    this.loop = loop;
    this.output = output;
    this.log = log;
  }

  void start() throws ErrnoException {
    StatusFlags.setNonBlocking(output);
    loop.add(this, output, Epoll.IN);
  }

  boolean isOpen() {
    return open;
  }

  @Override
  void ready(int events) {
    // Once: the next event goes to another source first.
    int count = log.pump(output);
    if (count <= 0 && count != Transfer.WOULD_BLOCK) {
      if (!CriLog.isEnd(count)) {
        ErrorLog.say("output of " + container + " lost: read error " + -count);
      }
      close();
      container.outputEnded();
    }
  }

  /** Takes what is there now, at most {@code reads} pieces, and ends. */
  void drainAndClose(int reads) {
    for (int i = 0; open && i < reads && log.pump(output) > 0; i++) {
      // pump() has logged it
    }
    close();
  }

  void close() {
    if (open) {
      open = false;
      loop.remove(this, output);
      output.close();
      log.end();
    }
  }

  @Override
  void abandon() {
    close();
    container.outputEnded();
  }

  @Override
  public String toString() {
    return "output of " + container;
  }
}
