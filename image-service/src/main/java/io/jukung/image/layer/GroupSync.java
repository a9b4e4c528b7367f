package io.jukung.image.layer;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.Sync;
import java.nio.file.Path;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Shares calls of syncfs(2) between threads. Layers of an image are often complete at about the
 * same time, and one call covers everything that was written before it began. Thread-safe.
 */
final class GroupSync {
  private final Path directory;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private long requested;
  private long completed;
  private boolean running;

  GroupSync(Path directory) {
    this.directory = directory;
  }

  /** Returns when everything that was written before this call is on disk. */
  void sync() throws ErrnoException, InterruptedException {
    lock.lockInterruptibly();
    try {
      long mine = ++requested;
      while (completed < mine) {
        if (running) {
          changed.await();
        } else {
          syncAsLeader();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void syncAsLeader() throws ErrnoException {
    running = true;
    long covered = requested;
    boolean done = false;
    lock.unlock();
    try (Fd filesystem = HostFile.openDirectory(directory)) {
      Sync.filesystem(filesystem);
      done = true;
    } finally {
      lock.lock();
      running = false;
      if (done) {
        completed = covered;
      }
      changed.signalAll(); // after a failure, the next waiting thread calls syncfs itself
    }
  }
}
