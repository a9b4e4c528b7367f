package io.jukung.runtime.call;

import com.google.common.util.concurrent.Uninterruptibles;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.FutureTask;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Runs work that touches paths which a request names. Such a path may lie on a file system that
 * never answers (NFS whose server is gone, a FUSE process that hangs), and then the system call
 * blocks for ever. On a virtual thread it would hold one of the few carrier threads, and when all
 * carriers are held no call is answered any more. So the work runs on a platform thread, which has
 * no other work meanwhile, and a pod, and all pods together, may have only so many of them. The
 * work must not change the kernel's state of its thread, because the thread waits for more work for
 * a moment: the next call of a pod mostly comes soon, and the start and the end of a thread take
 * longer than small work. Thread-safe.
 */
public final class PathWork {
  /** Kubelet creates and starts the containers of a pod one after the other. */
  private static final int MAX_PER_POD = 4;

  /** More than a node has pods in trouble at a time; a blocked thread takes some 50 KiB. */
  private static final int MAX_IN_ALL = 256;

  /** Work takes milliseconds, so a thread that is not free after this time is blocked. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** How long a thread waits for more work. Its stack takes some 50 KiB meanwhile. */
  private static final Duration IDLE = Duration.ofSeconds(5);

  private final int maxPerPod;
  private final int maxInAll;
  private final Duration patience;
  private final ExecutorService threads;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition threadFree = lock.newCondition();
  private final Map<String, Integer> busyByPod = new HashMap<>();
  private int busy;

  public PathWork() {
    this(MAX_PER_POD, MAX_IN_ALL, PATIENCE, Thread.ofPlatform().daemon().factory());
  }

  PathWork(int maxPerPod, int maxInAll, Duration patience, ThreadFactory threads) {
    this.threads =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE, // acquire() bounds them
            IDLE.toMillis(),
            TimeUnit.MILLISECONDS,
            new SynchronousQueue<>(),
            threads);
    this.maxPerPod = maxPerPod;
    this.maxInAll = maxInAll;
    this.patience = patience;
  }

  /** Work with a result. */
  @FunctionalInterface
  public interface Work<T> {
    T run() throws IOException;
  }

  /**
   * Runs the work and waits for its end. An interrupt does not abandon the work, since nobody would
   * own its outcome; the caller finds the interrupt set when this returns.
   *
   * @param sandboxId the pod that the work is for
   * @param what names the work, for the thread's name and for error messages
   * @throws CriException RESOURCE_EXHAUSTED where the threads of the pod, or all threads, are
   *     blocked
   */
  public <T> T call(String sandboxId, String what, Work<T> work) throws IOException {
    acquire(sandboxId, what);
    FutureTask<T> task =
        new FutureTask<>(
            () -> {
              Thread.currentThread().setName(what);
              try {
                return work.run();
              } finally {
                release(sandboxId);
              }
            });
    try {
      threads.execute(LogContext.carriedTo(task));
    } catch (RuntimeException | Error e) { // no thread could be made
      release(sandboxId);
      throw e;
    }
    try {
      return Objects.requireNonNull(Uninterruptibles.getUninterruptibly(task), what);
    } catch (ExecutionException e) {
      throw Failures.rethrow(what, Failures.cause(e));
    }
  }

  private void acquire(String sandboxId, String what) throws IOException {
    lock.lock();
    try {
      long left = patience.toNanos();
      while (busy >= maxInAll || busyByPod.getOrDefault(sandboxId, 0) >= maxPerPod) {
        if (left <= 0) {
          throw exhausted(sandboxId, what);
        }
        left = threadFree.awaitNanos(left);
      }
      busy++;
      busyByPod.merge(sandboxId, 1, Integer::sum);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(what + ": interrupted before it began", e);
    } finally {
      lock.unlock();
    }
  }

  private void release(String sandboxId) {
    lock.lock();
    try {
      busy--;
      busyByPod.computeIfPresent(sandboxId, (_, count) -> count == 1 ? null : count - 1);
      threadFree.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private CriException exhausted(String sandboxId, String what) {
    boolean isPodsLimit = busyByPod.getOrDefault(sandboxId, 0) >= maxPerPod;
    String blocked =
        isPodsLimit
            ? maxPerPod + " earlier calls for sandbox " + sandboxId
            : maxInAll + " earlier calls";
    return new CriException(
        ErrorKind.RESOURCE_EXHAUSTED,
        what
            + ": "
            + blocked
            + " still wait for the file system; one of their volumes or log directories does not"
            + " answer");
  }
}
