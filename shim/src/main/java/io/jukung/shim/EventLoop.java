package io.jukung.shim;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Waits, on one thread, for all events of the shim: sockets, output of containers, ends of
 * processes.
 */
final class EventLoop {
  private static final int MAX_EVENTS = 32;

  /** A pause after each failure: a source that fails every time must not occupy a processor. */
  private static final int FAILURE_PAUSE_MILLIS = 10;

  /**
   * After this many rounds in a row with an unexpected failure, which take at least a second, the
   * loop gives up. An IOException does not count: the system may be out of descriptors for long.
   */
  private static final int MAX_FAILED_ROUNDS = 100;

  private final Epoll epoll;
  private @Nullable Source[] sources = new @Nullable Source[16];
  // Counts the uses of each slot, so that an event of a former source is not delivered to the
  // present one.
  private int[] uses = new int[16];
  private @Nullable Throwable failure;
  private int failedRounds;
  private long lastEventAt = System.nanoTime();

  EventLoop() throws ErrnoException {
    epoll = Epoll.create(MAX_EVENTS);
  }

  /** The work that is due at a time, not at an event. */
  abstract static class Clockwork {
    /**
     * Returns the milliseconds until {@link #tick} has something to do, or {@link Epoll#FOREVER}.
     */
    abstract int millisToNextTick();

    abstract void tick();

    /** Whether the loop ends now. */
    abstract boolean isOver();
  }

  /** Returns when the last event came, in the clock of {@link System#nanoTime}. */
  long lastEventAt() {
    return lastEventAt;
  }

  /** Returns the descriptor of the epoll instance. */
  Fd descriptor() {
    return epoll.fd();
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

  /**
   * Removes a source. Must be called before its descriptor is closed. Removing it twice is allowed.
   */
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
   * Serves events until the clockwork is over.
   *
   * @throws IllegalStateException if work fails again and again; the process must end then, so that
   *     the daemon notices
   */
  void run(Clockwork clockwork) throws ErrnoException {
    while (!clockwork.isOver()) {
      failure = null;
      int count = epoll.await(clockwork.millisToNextTick());
      if (count > 0) {
        lastEventAt = System.nanoTime();
      }
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
      return; // an earlier event of the same batch has removed the source
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
    pause(FAILURE_PAUSE_MILLIS);
  }

  static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      // The pause ends early. Nothing interrupts the shim's threads on purpose.
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
