package io.jukung.runtime.stats;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DiskUsage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the files and bytes that containers have written. One background thread counts, one layer
 * after the other. A layer is counted again at the next request, but not before a second has
 * passed, and the less often the longer its counting takes. Thread-safe.
 */
public final class WritableLayers {
  private static final Logger LOG = LoggerFactory.getLogger(WritableLayers.class);

  private static final Duration SHORTEST_AGE = Duration.ofSeconds(1);

  /** After a count, its duration times this passes before the next: 5 % of the time at most. */
  private static final int REST = 20;

  /** The counting thread ends after this time without requests. */
  private static final long IDLE_SECONDS = 10;

  private final Counter counter;
  private final ExecutorService counting = onOneThread();
  private final ConcurrentHashMap<String, Layer> layers = new ConcurrentHashMap<>();

  /** Counts the files below one directory. */
  @FunctionalInterface
  interface Counter {
    DiskUsage count(Path directory) throws IOException;
  }

  /** The contents of a layer at one time. */
  public record Count(DiskUsage usage, Instant time) {}

  public WritableLayers() {
    this(DiskUsage::of);
  }

  WritableLayers(Counter counter) {
    this.counter = counter;
  }

  /**
   * The newest count of each layer, by container id. There is none for a layer that does not exist,
   * that cannot be read, or that was never counted to its end.
   *
   * @param directories the layers' directories, by container id
   * @param wait how long to wait for all counts together; then the previous counts are returned
   */
  public Map<String, Count> of(Map<String, Path> directories, Duration wait)
      throws InterruptedException {
    long deadline = System.nanoTime() + wait.toNanos();
    Map<String, Future<Optional<Count>>> counts = new LinkedHashMap<>();
    directories.forEach(
        (id, directory) ->
            counts.put(id, layers.computeIfAbsent(id, key -> new Layer()).at(directory)));
    Map<String, Count> results = new HashMap<>();
    for (Map.Entry<String, Future<Optional<Count>>> each : counts.entrySet()) {
      wait(each.getKey(), each.getValue(), deadline)
          .ifPresent(count -> results.put(each.getKey(), count));
    }
    return results;
  }

  /** Forgets all containers but these. */
  public void retain(Set<String> ids) {
    layers.keySet().retainAll(ids);
  }

  private Optional<Count> wait(String id, Future<Optional<Count>> count, long deadline)
      throws InterruptedException {
    try {
      return count.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return Optional.ofNullable(layers.get(id)).flatMap(Layer::last);
    } catch (ExecutionException e) {
      LOG.warn("the writable layer of container {} cannot be counted", id, e.getCause());
      return Optional.empty();
    }
  }

  private final class Layer {
    private @Nullable Future<Optional<Count>> newest;
    private volatile Optional<Count> last = Optional.empty();
    private volatile long nextAt;

    Optional<Count> last() {
      return last;
    }

    /** The running count, or a finished one that is recent enough, or else a new one. */
    synchronized Future<Optional<Count>> at(Path directory) {
      Future<Optional<Count>> known = newest;
      if (known == null || (known.isDone() && System.nanoTime() - nextAt >= 0)) {
        known = counting.submit(() -> count(directory));
        newest = known;
      }
      return known;
    }

    private Optional<Count> count(Path directory) throws IOException {
      long start = System.nanoTime();
      try {
        last = Optional.of(new Count(counter.count(directory), Instant.now()));
      } catch (ErrnoException e) {
        if (!e.is(Errno.ENOENT)) {
          throw e;
        }
        last = Optional.empty();
      } finally {
        long end = System.nanoTime();
        nextAt = end + Math.max(SHORTEST_AGE.toNanos(), REST * (end - start));
      }
      return last;
    }
  }

  /** A single thread, which ends when it is idle. */
  private static ExecutorService onOneThread() {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("writable layers").factory());
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }
}
