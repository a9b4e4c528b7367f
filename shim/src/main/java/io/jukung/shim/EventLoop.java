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

  /**
   * Rounds in a row with a failure that nothing outside explains, as an error of Java is: after
   * them, a second at the least, the loop gives up.
   */
  private static final int MAX_FAILED_ROUNDS = 100;

  private final Epoll epoll;
  private @Nullable Source[] sources = new @Nullable Source[16];
  // Counts the uses of a slot, so that an event of its former source is not taken for its own.
  private int[] uses = new int[16];
  private @Nullable Throwable failure;
  private int failedRounds;

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

  /**
   * Serves until the clockwork is over.
   *
   * @throws IllegalStateException where the same work fails again and again: the process must end,
   *     so that the daemon notices
   */
  void run(Clockwork clockwork) throws ErrnoException {
    while (!clockwork.isOver()) {
      failure = null;
      int count = epoll.await(clockwork.millisToNextTick());
      for (int i = 0; i < count; i++) {
        dispatch(epoll.token(i), epoll.events(i));
      }
      try {
        clockwork.tick();
      } catch (RuntimeException | Error e) {
        failed("tick", e);
      }
      failedRounds = failure == null ? 0 : failedRounds + 1;
      if (failedRounds >= MAX_FAILED_ROUNDS) {
        throw new IllegalStateException("the event loop does not get on: " + failure, failure);
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
      source.abandon();
      failed(source, e);
    }
  }

  private void failed(Object what, Throwable e) {
    ErrorLog.unexpected(what, e);
    if (!(e instanceof IOException)) {
      failure = e;
    }
    pause();
  }

  static void pause() {
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
    int[] moreUses = Arrays.copyOf(uses, 2 * slot);
    sources = Arrays.copyOf(sources, 2 * slot);
    uses = moreUses;
    return slot;
  }

  private long token(int slot) {
    return (long) uses[slot] << 32 | slot;
  }
}
