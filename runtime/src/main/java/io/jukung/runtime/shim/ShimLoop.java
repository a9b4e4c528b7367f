package io.jukung.runtime.shim;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Eventfd;
import io.jukung.linux.libc.Memory;
import java.io.IOException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread that waits for all shims: their answers, their events, their ends. */
final class ShimLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ShimLoop.class);

  private static final int MAX_EVENTS = 64;
  private static final int CHUNK = 64 * 1024;
  private static final long WAKE_TOKEN = 0;

  /** A descriptor that always fails must not take a whole processor. */
  private static final int FAILURE_PAUSE_MILLIS = 10;

  /** Something with a descriptor. Called on the loop's thread, which it must not hold up. */
  interface Watched {
    /**
     * Called when the descriptor is ready.
     *
     * @param chunk for the time of the call
     */
    void ready(int events, Memory chunk) throws IOException;
  }

  private final Epoll epoll;
  private final Eventfd wake;
  private final ConcurrentMap<Long, Watched> watched = new ConcurrentHashMap<>();
  private final AtomicLong lastToken = new AtomicLong(WAKE_TOKEN);
  private final Thread thread;
  private volatile boolean closed;

  private ShimLoop() throws ErrnoException {
    epoll = Epoll.create(MAX_EVENTS);
    wake = Eventfd.create();
    epoll.add(wake.fd(), Epoll.IN, WAKE_TOKEN);
    thread = Thread.ofPlatform().daemon().name("shims").unstarted(this::run);
  }

  static ShimLoop start() throws ErrnoException {
    ShimLoop loop = new ShimLoop();
    loop.thread.start();
    return loop;
  }

  /** Watches for input; the answer is for {@link #watchFor} and {@link #remove}. */
  long add(Fd fd, Watched source) throws ErrnoException {
    long token = lastToken.incrementAndGet();
    watched.put(token, source);
    try {
      epoll.add(fd, Epoll.IN, token);
    } catch (ErrnoException e) {
      watched.remove(token);
      throw e;
    }
    return token;
  }

  void watchFor(long token, Fd fd, int events) throws ErrnoException {
    epoll.modify(fd, events, token);
  }

  /** To be called before the descriptor is closed. */
  void remove(long token, Fd fd) {
    watched.remove(token);
    try {
      epoll.remove(fd);
    } catch (ErrnoException e) {
      LOG.warn("descriptor of a shim: {}", e.getMessage());
    }
  }

  private void run() {
    try (Memory chunk = Memory.allocate(CHUNK)) {
      while (!closed) {
        int count = epoll.await(Epoll.FOREVER);
        for (int i = 0; i < count && !closed; i++) {
          Watched source = watched.get(epoll.token(i));
          if (source != null) {
            dispatch(source, epoll.events(i), chunk);
          }
        }
      }
    } catch (ErrnoException e) {
      LOG.error("nobody listens to the shims any more", e);
    } finally {
      epoll.close();
      wake.close();
    }
  }

  private static void dispatch(Watched source, int events, Memory chunk) {
    try {
      source.ready(events, chunk);
    } catch (IOException | RuntimeException e) {
      LOG.error("event of {}", source, e);
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(FAILURE_PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws ErrnoException {
    closed = true;
    wake.signal();
  }
}
