package io.jukung.runtime.shim;

import com.google.common.util.concurrent.Uninterruptibles;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.process.Pidfd;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.descriptor.DescriptorLoop;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The process of one shim, which is watched until it ends, and reaped then. */
final class ShimProcess {
  private static final Logger LOG = LoggerFactory.getLogger(ShimProcess.class);

  private static final Duration END_PATIENCE = Duration.ofSeconds(2);

  /** Is told of the end of the process, on the loop's thread. */
  interface Owner {
    /**
     * The process has ended, and callers that wait for the end do not know it yet.
     *
     * @param chunk memory to receive in, which belongs to the loop
     */
    void processEnding(Memory chunk);

    /** The process was reaped, and callers that wait for the end may have returned. */
    void processEnded();
  }

  private final DescriptorLoop loop;
  private final Owner owner;
  private final int pid;
  private final Pidfd pidfd;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private long token;

  /** Opens the process. The owner's text names the shim in messages. */
  ShimProcess(DescriptorLoop loop, int pid, Owner owner) throws ErrnoException {
    this.loop = loop;
    this.owner = owner;
    this.pid = pid;
    this.pidfd = Pidfd.open(pid);
  }

  /** Waits for the end of the process from now on. */
  synchronized void watch() throws ErrnoException {
    token = loop.add(pidfd.fd(), new End());
  }

  int pid() {
    return pid;
  }

  private final class End implements DescriptorLoop.Watched {
    @Override
    public void ready(int events, Memory chunk) {
      owner.processEnding(chunk);
      synchronized (ShimProcess.this) {
        if (ended.isDone()) {
          return;
        }
        reap();
        forget();
        ended.complete(null); // last: callers that wait for the end may look for the process
      }
      owner.processEnded();
    }

    @Override
    public String toString() {
      return "process of " + owner;
    }
  }

  /** Reaps the process, if this daemon is its parent: an earlier daemon may have started it. */
  private void reap() {
    try {
      pidfd.reap();
    } catch (ErrnoException e) {
      if (!e.is(Errno.ECHILD)) {
        LOG.warn("{}: {}", owner, e.getMessage());
      }
    }
  }

  private void forget() {
    loop.remove(token, pidfd.fd());
    pidfd.close();
  }

  /** Whether the process has ended, or is not watched any more. */
  boolean hasEnded() {
    return ended.isDone();
  }

  /**
   * Waits for the end of the process.
   *
   * @return whether the process has ended or is not watched any more
   */
  boolean awaitEnd(Duration patience) {
    try {
      ended.get(patience.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Waits for the end of a process that was asked to end, or killed. An interrupted thread waits as
   * well: a daemon that ends interrupts the starts of shims, and removes their cgroup then.
   */
  boolean awaitEnd() {
    try {
      Uninterruptibles.getUninterruptibly(ended, END_PATIENCE);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Sends SIGKILL, without waiting for the end. */
  synchronized void sendKill() {
    if (ended.isDone()) {
      return;
    }
    try {
      pidfd.send(Signals.SIGKILL);
    } catch (ErrnoException e) {
      if (!e.is(Errno.ESRCH)) {
        LOG.error("{} cannot be killed: {}", owner, e.getMessage());
      }
    }
  }

  /**
   * Kills a process that does not end by itself, and waits until it has ended.
   *
   * @return whether it has; if not, it hangs in the kernel
   */
  boolean kill() {
    if (ended.isDone()) {
      return true;
    }
    LOG.warn("{} does not end and is killed", owner);
    sendKill();
    if (awaitEnd()) {
      return true;
    }
    LOG.error(
        "{} was killed and has not ended after {} s: it hangs in the kernel, and ends with that",
        owner,
        END_PATIENCE.toSeconds());
    return false;
  }

  /** Stops watching the process, which goes on. */
  synchronized void unwatch() {
    if (!ended.isDone()) {
      forget();
      ended.complete(null);
    }
  }
}
