package io.jukung.runtime.shim;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.process.Pidfd;
import io.jukung.runtime.descriptor.DescriptorLoop;
import java.util.ArrayList;
import java.util.List;

/**
 * Waits for the end of any of some processes, whose shim sleeps and is not connected. The shim
 * wakes for the same end, and is then asked. Thread-safe.
 */
final class ExitWatch implements AutoCloseable {
  private final DescriptorLoop loop;
  private final Runnable ended;
  private final List<Watched> watched = new ArrayList<>();
  private boolean closed;

  /**
   * Makes a watch of no process.
   *
   * @param ended runs at the end of each process, on the loop's thread
   */
  ExitWatch(DescriptorLoop loop, Runnable ended) {
    this.loop = loop;
    this.ended = ended;
  }

  /** A process that is watched, until it ends or the watch is closed. */
  private final class Watched implements DescriptorLoop.Watched {
    private final Pidfd process;
    private long token;

    Watched(Pidfd process) {
      this.process = process;
    }

    @Override
    public void ready(int events, Memory chunk) {
      release(this);
      ended.run();
    }
  }

  /** Watches one more process. One that has ended already counts as ending now. */
  synchronized void add(int pid) throws ErrnoException {
    if (closed) {
      return;
    }
    Watched added;
    try {
      added = new Watched(Pidfd.open(pid));
    } catch (ErrnoException e) {
      if (!e.is(Errno.ESRCH)) {
        throw e;
      }
      ended.run();
      return;
    }
    try {
      added.token = loop.add(added.process.fd(), added);
      watched.add(added);
    } catch (ErrnoException e) {
      added.process.close();
      throw e;
    }
  }

  private synchronized void release(Watched each) {
    if (watched.remove(each)) {
      loop.remove(each.token, each.process.fd());
      each.process.close();
    }
  }

  /** Watches no process any more. */
  @Override
  public synchronized void close() {
    closed = true;
    List.copyOf(watched).forEach(this::release);
  }
}
