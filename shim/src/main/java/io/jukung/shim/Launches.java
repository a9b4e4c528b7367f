package io.jukung.shim;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Eventfd;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The ended launches: launch threads add them, and the event loop completes them. */
final class Launches extends Source {
  private static final int WAKE_ATTEMPTS = 100;

  private final Pod pod;
  private final Eventfd wake;
  private int inFlight;
  // A linked list, because it needs no memory to grow: a launch that could not be added would
  // never be answered.
  private @Nullable Launch first;
  private @Nullable Launch last;

  private Launches(Pod pod, Eventfd wake) {
    this.pod = pod;
    this.wake = wake;
  }

  static Launches watchedBy(EventLoop loop, Pod pod) throws ErrnoException {
    Launches launches = new Launches(pod, Eventfd.create());
    loop.add(launches, launches.wake.fd(), Epoll.IN);
    return launches;
  }

  /** Counts a launch that has begun. Called on the event loop's thread. */
  void begun() {
    inFlight++;
  }

  /** Whether every launch has been completed. */
  boolean areOver() {
    return inFlight == 0;
  }

  /** Called by a launch thread before it ends. */
  void end(Launch launch) {
    synchronized (this) {
      if (last == null) {
        first = launch;
      } else {
        last.next = launch;
      }
      last = launch;
    }
    for (int attempt = 1; ; attempt++) {
      try {
        wake.signal();
        return;
      } catch (IOException | RuntimeException | Error e) {
        if (attempt == WAKE_ATTEMPTS) {
          Main.fail(e); // without the signal the launch is never answered
        }
        ErrorLog.unexpected("wake the event loop", e);
        EventLoop.pause();
      }
    }
  }

  private synchronized @Nullable Launch poll() {
    Launch launch = first;
    if (launch != null) {
      first = launch.next;
      if (first == null) {
        last = null;
      }
    }
    return launch;
  }

  @Override
  void ready(int events) throws IOException {
    wake.clear();
    for (Launch launch = poll(); launch != null; launch = poll()) {
      inFlight--;
      launch.complete();
      if (launch.hasRuntime()) {
        pod.runtimeEnded();
      }
    }
  }

  @Override
  public String toString() {
    return "ended launches";
  }
}
