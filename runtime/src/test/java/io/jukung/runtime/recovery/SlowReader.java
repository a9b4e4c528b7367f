package io.jukung.runtime.recovery;

import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerStatusRecord;
import io.jukung.runtime.store.SandboxRecord;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/**
 * Reads of some records wait or fail until they are released, as on a disk that hangs. Thread-safe.
 */
final class SlowReader {
  private final Map<String, CountDownLatch> hanging = new ConcurrentHashMap<>();
  private final Set<String> failing = ConcurrentHashMap.newKeySet();

  /** Makes reads of the object's records wait. */
  void hang(String id) {
    hanging.put(id, new CountDownLatch(1));
  }

  /** Makes reads of the object's records fail. */
  void fail(String id) {
    failing.add(id);
  }

  /** Lets all reads go on. */
  void release() {
    failing.clear();
    hanging.values().forEach(CountDownLatch::countDown);
    hanging.clear();
  }

  RecordReader over(RecordReader disk) {
    return new RecordReader() {
      @Override
      public SandboxRecord sandbox(String id) throws IOException {
        await(id);
        return disk.sandbox(id);
      }

      @Override
      public ContainerRecord container(String id) throws IOException {
        await(id);
        return disk.container(id);
      }

      @Override
      public ContainerStatusRecord status(String containerId) throws IOException {
        await(containerId);
        return disk.status(containerId);
      }
    };
  }

  private void await(String id) throws IOException {
    if (failing.contains(id)) {
      throw new IOException("EIO Input/output error");
    }
    CountDownLatch latch = hanging.get(id);
    if (latch == null) {
      return;
    }
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the read of " + id + " was interrupted", e);
    }
  }
}
