package io.jukung.runtime.cgroup;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.cgroup.Cgroup;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Freezes and thaws the cgroups of containers. The kernel keeps the state in {@code cgroup.freeze},
 * so that the state outlives the daemon and needs no record.
 *
 * <p>A process that is started in a frozen cgroup never reaches its first instruction, and its
 * launcher would wait for it. So a cgroup is not frozen while a process is being started in it, and
 * none is started in a frozen one: {@link #entering}. Thread-safe.
 */
public final class Freezer {
  /** Processes freeze within milliseconds, unless one of them hangs in the kernel. */
  private static final Duration FREEZE_WAIT = Duration.ofSeconds(10);

  /** A command starts within milliseconds, and within seconds on a machine that is very busy. */
  private static final Duration ENTRY_WAIT = Duration.ofSeconds(10);

  /** How often a cgroup that freezes is looked at. */
  private static final Duration POLL = Duration.ofMillis(2);

  private final Duration freezeWait;
  private final Duration entryWait;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** How many processes are being started in a cgroup, by its path. */
  private final Map<String, Integer> entries = new HashMap<>();

  /** The paths of the cgroups that are being frozen or thawed. */
  private final Set<String> changing = new HashSet<>();

  public Freezer() {
    this(FREEZE_WAIT, ENTRY_WAIT);
  }

  /**
   * A freezer for tests.
   *
   * @param freezeWait how long the processes of a cgroup may take to freeze
   * @param entryWait how long {@link #freeze} waits for processes that are being started
   */
  Freezer(Duration freezeWait, Duration entryWait) {
    this.freezeWait = freezeWait;
    this.entryWait = entryWait;
  }

  /** The start of a process in a cgroup. To be closed when the process has been started. */
  @FunctionalInterface
  public interface Entry extends AutoCloseable {
    @Override
    void close();
  }

  /** Whether the cgroup itself was frozen; false if it does not exist. */
  public static boolean isFrozen(Cgroup cgroup) throws IOException {
    return cgroup.find("cgroup.freeze").filter("1"::equals).isPresent();
  }

  /**
   * Begins the start of a process in the cgroup, which is not frozen until the entry is closed.
   *
   * @param what for the error text
   * @throws CriException FAILED_PRECONDITION if the cgroup is frozen or being frozen
   */
  public Entry entering(Cgroup cgroup, String what) throws IOException {
    String path = cgroup.path();
    lock.lock();
    try {
      if (changing.contains(path) || isFrozen(cgroup)) {
        throw CriException.failedPrecondition(what + ": the container is paused, unpause it first");
      }
      entries.merge(path, 1, Integer::sum);
    } finally {
      lock.unlock();
    }
    return () -> left(path);
  }

  private void left(String path) {
    lock.lock();
    try {
      entries.computeIfPresent(path, (_, count) -> count == 1 ? null : count - 1);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Freezes every process of the cgroup and of those inside it, and waits until they are frozen. If
   * they do not freeze in time they are thawed again.
   *
   * @return false if the cgroup was frozen already
   * @throws CriException UNAVAILABLE if processes are being started in the cgroup all the time
   * @throws IOException if a process does not freeze
   */
  public boolean freeze(Cgroup cgroup) throws IOException, InterruptedException {
    beginChange(cgroup);
    try {
      if (isFrozen(cgroup)) {
        return false;
      }
      try {
        cgroup.setFrozen(true);
        awaitFrozen(cgroup);
        return true;
      } catch (IOException | InterruptedException e) {
        thawAfter(e, cgroup);
        throw e;
      }
    } finally {
      endChange(cgroup);
    }
  }

  private static void thawAfter(Exception cause, Cgroup cgroup) {
    try {
      cgroup.setFrozen(false);
    } catch (IOException suppressed) {
      cause.addSuppressed(suppressed);
    }
  }

  /** Waits until no process is being started in the cgroup, and keeps others from being started. */
  private void beginChange(Cgroup cgroup) throws InterruptedException {
    String path = cgroup.path();
    lock.lock();
    try {
      long left = entryWait.toNanos();
      boolean own = changing.add(path);
      while (!own || entries.containsKey(path)) {
        if (left <= 0) {
          if (own) {
            changing.remove(path);
          }
          throw new CriException(
              ErrorKind.UNAVAILABLE,
              "freeze of "
                  + cgroup
                  + ": a process is being started in it for "
                  + entryWait.toSeconds()
                  + " s");
        }
        left = changed.awaitNanos(left);
        own = own || changing.add(path);
      }
    } finally {
      lock.unlock();
    }
  }

  private void endChange(Cgroup cgroup) {
    lock.lock();
    try {
      changing.remove(cgroup.path());
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void awaitFrozen(Cgroup cgroup) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + freezeWait.toNanos();
    while (cgroup.counters("cgroup.events").getOrDefault("frozen", 0L) != 1) {
      if (!isFrozen(cgroup)) {
        throw new IOException(cgroup + " was thawed or has ended while it was being frozen");
      }
      if (System.nanoTime() - deadline >= 0) {
        throw new IOException(
            cgroup
                + " does not freeze: a process of it has been in the kernel for "
                + freezeWait.toSeconds()
                + " s");
      }
      TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
    }
  }

  /**
   * Lets the processes of the cgroup run on.
   *
   * @return false if the cgroup was not frozen or does not exist
   */
  public boolean thaw(Cgroup cgroup) throws IOException {
    if (!isFrozen(cgroup)) {
      return false;
    }
    try {
      cgroup.setFrozen(false);
      return true;
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENODEV)) {
        return false; // the container has ended meanwhile
      }
      throw e;
    }
  }
}
