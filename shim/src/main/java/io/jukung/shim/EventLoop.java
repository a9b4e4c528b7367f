package io.jukung.shim;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The one thread's wait for everything: sockets, output of containers, ends of processes. */
final class EventLoop {
  private static final int MAX_EVENTS = 32;

  /** A source that fails each time must not take a whole processor. */
  private static final int FAILURE_PAUSE_MILLIS = 10;

  private final Epoll epoll;
  private @Nullable Source[] sources = new @Nullable Source[16];
  // Counts the uses of a slot, so that an event of its former source is not taken for its own.
  private int[] uses = new int[16];

  EventLoop() throws ErrnoException {
    epoll = Epoll.create(MAX_EVENTS);
  }

  /** What has to happen between events. */
  abstract static class Clockwork {
    /** Milliseconds until {@link #tick} has something to do; {@link Epoll#FOREVER} for never. */
    abstract int millisToNextTick();

    abstract void tick();

    /** Whether the loop ends now. */
    abstract boolean isOver();
  }

  void add(Source source, Fd fd, int events) throws ErrnoException {
    int slot = freeSlot();
    epoll.add(fd, events, token(slot));
    sources[slot] = source;
    source.slot = slot;
  }

  void modify(Source source, Fd fd, int events) throws ErrnoException {
    epoll.modify(fd, events, token(source.slot));
  }

  /** To be called before the descriptor is closed. Removing twice is allowed. */
  void remove(Source source, Fd fd) {
    if (source.slot < 0) {
      return;
    }
    sources[source.slot] = null;
    uses[source.slot]++;
    source.slot = -1;
    try {
      epoll.remove(fd);
    } catch (ErrnoException e) {
      ErrorLog.unexpected("remove from epoll", e);
    }
  }

  void run(Clockwork clockwork) throws ErrnoException {
    while (!clockwork.isOver()) {
      int count = epoll.await(clockwork.millisToNextTick());
      for (int i = 0; i < count; i++) {
        dispatch(epoll.token(i), epoll.events(i));
      }
      try {
        clockwork.tick();
      } catch (RuntimeException | Error e) {
        ErrorLog.unexpected("tick", e);
        pause();
      }
    }
  }

  private void dispatch(long token, int events) {
    int slot = (int) token;
    Source source = sources[slot];
    if (source == null || uses[slot] != (int) (token >>> 32)) {
      return; // removed by an earlier event of the same batch
    }
    try {
      source.ready(events);
    } catch (IOException | RuntimeException | Error e) {
      ErrorLog.unexpected("event of " + source, e);
      source.abandon();
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(FAILURE_PAUSE_MILLIS);
    } catch (InterruptedException e) {
      // Nobody interrupts the main thread; if so, the pause is over.
    }
  }

  private int freeSlot() {
    for (int slot = 0; slot < sources.length; slot++) {
      if (sources[slot] == null) {
        return slot;
      }
    }
    int slot = sources.length;
    sources = Arrays.copyOf(sources, 2 * slot);
    uses = Arrays.copyOf(uses, 2 * slot);
    return slot;
  }

  private long token(int slot) {
    return (long) uses[slot] << 32 | slot;
  }
}
