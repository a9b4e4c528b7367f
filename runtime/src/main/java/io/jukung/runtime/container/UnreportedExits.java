package io.jukung.runtime.container;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.process.Pidfd;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.store.ChangeListener;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerExit;
import io.jukung.runtime.store.ExitRecord;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.StateFiles;
import io.jukung.shim.v1.ContainerProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the first process of each container that runs. A container whose process has ended, and
 * whose shim neither reports that nor answers, does not stay RUNNING: it is EXITED if the shim has
 * written exit.json, and UNKNOWN otherwise. The shim's report makes it EXITED when the shim goes
 * on. Thread-safe.
 */
public final class UnreportedExits implements ChangeListener, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(UnreportedExits.class);

  /** How long a shim has to report an end, before it is asked. */
  private static final Duration REPORT_WAIT = Duration.ofSeconds(3);

  private final DescriptorLoop loop;
  private final PodShims shims;
  private final StateFiles files;
  // By container id; guarded by itself. Its lock is taken under that of a container.
  private final Map<String, Watched> watched = new HashMap<>();
  private boolean closed;

  /**
   * Watches no container yet.
   *
   * @param loop runs until this object is closed
   */
  public UnreportedExits(DescriptorLoop loop, PodShims shims, StateFiles files) {
    this.loop = loop;
    this.shims = shims;
    this.files = files;
  }

  /** The process of a container, until it ends or nobody wants to know its end any more. */
  private final class Watched implements DescriptorLoop.Watched {
    private final Container container;
    private final Pidfd process;
    private long token;

    Watched(Container container, Pidfd process) {
      this.container = container;
      this.process = process;
    }

    @Override
    public void ready(int events, Memory chunk) {
      if (release(this)) {
        ended(container);
      }
    }

    @Override
    public String toString() {
      return "process of " + container;
    }
  }

  /** Watches a container that an earlier daemon has started, if it runs. */
  public void watch(Container container) {
    int pid = container.status().pid();
    if (!container.status().isRunning() || pid == 0) {
      return;
    }
    try {
      add(container, pid);
    } catch (ErrnoException e) {
      if (e.is(Errno.ESRCH)) {
        ended(container);
      } else {
        LOG.warn("container {}: its process is not watched: {}", container.id(), e.getMessage());
      }
    }
  }

  private void add(Container container, int pid) throws ErrnoException {
    synchronized (watched) {
      if (closed || watched.containsKey(container.id())) {
        return;
      }
      Watched added = new Watched(container, Pidfd.open(pid));
      try {
        added.token = loop.add(added.process.fd(), added);
        watched.put(container.id(), added);
      } catch (ErrnoException e) {
        added.process.close();
        throw e;
      }
    }
  }

  /** Returns whether the process was still watched. */
  private boolean release(Watched each) {
    synchronized (watched) {
      if (!watched.remove(each.container.id(), each)) {
        return false;
      }
      loop.remove(each.token, each.process.fd());
      each.process.close();
      return true;
    }
  }

  @Override
  public void changed(Container container, Change change) {
    switch (change) {
      case CREATED -> {
        // It has no process.
      }
      case STARTED -> watch(container);
      case STOPPED, DELETED -> {
        Watched last;
        synchronized (watched) {
          last = watched.get(container.id());
        }
        if (last != null) {
          release(last);
        }
      }
    }
  }

  @Override
  public void changed(Sandbox sandbox, Change change) {
    // Only containers are watched.
  }

  private void ended(Container container) {
    Thread.ofVirtual().name("exit of " + container.id()).start(() -> await(container));
  }

  private void await(Container container) {
    try {
      while (!container.awaitExit(REPORT_WAIT)) {
        if (!container.status().isRunning()) {
          return;
        }
        Optional<ContainerProcess> process = ShimMessages.process(shims, container);
        if (process.isEmpty()) {
          unreported(container);
          return;
        }
        if (process.get().hasExit()) {
          container.exited(ShimMessages.exit(process.get().getExit()));
        }
      }
    } catch (IOException e) {
      LOG.error("container {}: its exit cannot be recorded", container.id(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void unreported(Container container) throws IOException {
    Optional<ExitRecord> exit = files.readExit(container.id());
    if (exit.isPresent()) {
      container.exited(ContainerExit.of(exit.get()));
    } else {
      LOG.warn("container {} has ended, and its shim does not tell how", container.id());
      container.endedUnreported("its process has ended, and its shim does not answer");
    }
  }

  /** Watches no process any more. */
  @Override
  public void close() {
    synchronized (watched) {
      closed = true;
      for (Watched each : Map.copyOf(watched).values()) {
        release(each);
      }
    }
  }
}
