package io.jukung.runtime.descriptor;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Eventfd;
import io.jukung.linux.libc.Memory;
import io.jukung.runtime.call.VitalThread;
import java.io.IOException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that waits for many descriptors. A raw wait on a virtual thread would hold a carrier
 * thread, and a platform thread for each descriptor would be too many. Exceptions of a source are
 * logged and the loop goes on; an Error, or an epoll(7) that fails, ends the process.
 */
public final class DescriptorLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DescriptorLoop.class);

  private static final int MAX_EVENTS = 64;
  private static final int CHUNK = 64 * 1024;
  private static final long WAKE_TOKEN = 0;

  /** A descriptor that always fails must not take a whole processor. */
  private static final int FAILURE_PAUSE_MILLIS = 10;

  /** A source of events. It is called on the loop's thread, and must not block that thread. */
  public interface Watched {
    /**
     * Called when the descriptor is ready.
     *
     * @param events the events of epoll_ctl(2) that have happened
     * @param chunk memory that the source may use until it returns
     */
    void ready(int events, Memory chunk) throws IOException;
  }

  private final Epoll epoll;
  private final Eventfd wake;
  private final ConcurrentMap<Long, Watched> watched = new ConcurrentHashMap<>();
  private final AtomicLong lastToken = new AtomicLong(WAKE_TOKEN);
  private final Thread thread;
  private volatile boolean closed;

  private DescriptorLoop(String name, Runnable onFailure) throws ErrnoException {
    epoll = Epoll.create(MAX_EVENTS);
    wake = Eventfd.create();
    epoll.add(wake.fd(), Epoll.IN, WAKE_TOKEN);
    thread = VitalThread.unstarted(name, this::run, onFailure);
  }

  /** Starts the thread. The process ends when the thread fails, see {@link VitalThread}. */
  public static DescriptorLoop start(String name) throws ErrnoException {
    return start(name, VitalThread::endProcess);
  }

  /**
   * Starts the thread.
   *
   * @param onFailure runs when the thread fails
   */
  static DescriptorLoop start(String name, Runnable onFailure) throws ErrnoException {
    DescriptorLoop loop = new DescriptorLoop(name, onFailure);
    loop.thread.start();
    return loop;
  }

  /**
   * Watches a descriptor for input.
   *
   * @return the token that {@link #watchFor} and {@link #remove} take
   */
  public long add(Fd fd, Watched source) throws ErrnoException {
    return add(fd, Epoll.IN, source);
  }

  /** Watches a descriptor for the given events, as {@link #add(Fd, Watched)} does for input. */
  public long add(Fd fd, int events, Watched source) throws ErrnoException {
    long token = lastToken.incrementAndGet();
    watched.put(token, source);
    try {
      epoll.add(fd, events, token);
    } catch (ErrnoException e) {
      watched.remove(token);
      throw e;
    }
    return token;
  }

  /** Replaces the events that the descriptor is watched for. */
  public void watchFor(long token, Fd fd, int events) throws ErrnoException {
    epoll.modify(fd, events, token);
  }

  /** Stops watching. Must be called before the descriptor is closed. */
  public void remove(long token, Fd fd) {
    watched.remove(token);
    try {
      epoll.remove(fd);
    } catch (ErrnoException e) {
      LOG.warn("{}: {}", thread.getName(), e.getMessage());
    }
  }

  private void run() throws ErrnoException {
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
    // In this order: the thread closes the descriptor when it sees that it is to end. Until then
    // the
    // descriptor stays readable.
    wake.signal();
    closed = true;
  }
}
