package io.jukung.linux.cgroup;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The cgroups whose control files are read again and again, and the descriptors that are open for
 * it, of which there is a limited number. Files that nobody reads any more are closed. Thread-safe.
 */
public final class OpenCgroups {
  /** How long the files of a cgroup stay open without being read. Kubelet reads every 10 s. */
  private static final Duration IDLE = Duration.ofMinutes(1);

  private final Map<String, Used> byId = new ConcurrentHashMap<>();
  private final AtomicInteger left;
  private final Duration idle;
  private boolean isSweeping;

  private record Used(OpenCgroup cgroup, long at) {}

  /**
   * @param maxDescriptors how many files are open at the same time; the files of further cgroups
   *     are opened for each read
   */
  public OpenCgroups(int maxDescriptors) {
    this(maxDescriptors, IDLE);
  }

  OpenCgroups(int maxDescriptors, Duration idle) {
    this.left = new AtomicInteger(maxDescriptors);
    this.idle = idle;
  }

  /**
   * Returns the cgroup with its open files.
   *
   * @param id the object that the cgroup belongs to, for {@link #forget}
   */
  public OpenCgroup of(String id, Cgroup cgroup) {
    OpenCgroup opened =
        byId.compute(
                id,
                (_, known) ->
                    new Used(
                        known == null ? new OpenCgroup(cgroup, this) : known.cgroup(),
                        System.nanoTime()))
            .cgroup();
    sweepLater();
    return opened;
  }

  /** Closes the files of the cgroup of an object that is gone. */
  public void forget(String id) {
    Used used = byId.remove(id);
    if (used != null) {
      used.cgroup().close();
    }
  }

  private void close(String id, Used used) {
    if (byId.remove(id, used)) {
      used.cgroup().close();
    }
  }

  private synchronized void sweepLater() {
    if (!isSweeping) {
      isSweeping = true;
      Thread.ofVirtual().name("idle cgroup files").start(this::sweep);
    }
  }

  private void sweep() {
    try {
      do {
        Thread.sleep(idle);
        long now = System.nanoTime();
        byId.forEach(
            (id, used) -> {
              if (now - used.at() >= idle.toNanos()) {
                close(id, used);
              }
            });
      } while (!isDone());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized boolean isDone() {
    isSweeping = !byId.isEmpty();
    return !isSweeping;
  }

  /** Reserves one descriptor; false if none is left. */
  boolean tryReserve() {
    if (left.getAndDecrement() > 0) {
      return true;
    }
    left.incrementAndGet();
    return false;
  }

  void release(int descriptors) {
    left.addAndGet(descriptors);
  }
}
