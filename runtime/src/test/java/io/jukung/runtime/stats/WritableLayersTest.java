package io.jukung.runtime.stats;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DiskUsage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WritableLayersTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Path DIRECTORY = Path.of("/any");

  @TempDir private Path directory;

  @Test
  void bytesAndInodesOfALayerAreCounted() throws Exception {
    Files.write(directory.resolve("file"), new byte[1 << 20]);
    Instant before = Instant.now();
    Map<String, WritableLayers.Count> counts =
        new WritableLayers().of(Map.of("here", directory, "gone", directory.resolve("gone")), LONG);
    assertThat(counts).containsOnlyKeys("here");
    WritableLayers.Count count = counts.values().iterator().next();
    assertThat(count.usage().bytes()).isBetween(1L << 20, (1L << 20) + (64 << 10));
    assertThat(count.usage().inodes()).isEqualTo(2);
    assertThat(count.time()).isBetween(before, Instant.now());
  }

  @Test
  void requestWithinASecondGetsTheSameCount() throws Exception {
    AtomicInteger counted = new AtomicInteger();
    WritableLayers layers = new WritableLayers(path -> new DiskUsage(counted.incrementAndGet(), 1));
    assertThat(bytes(layers)).isEqualTo(1);
    assertThat(bytes(layers)).isEqualTo(1);
    layers.retain(Set.of());
    assertThat(bytes(layers)).isEqualTo(2);
  }

  @Test
  void longCountDoesNotDelayTheCallAndIsReturnedLater() throws Exception {
    CountDownLatch mayEnd = new CountDownLatch(1);
    WritableLayers layers =
        new WritableLayers(
            path -> {
              await(mayEnd);
              return new DiskUsage(7, 1);
            });
    assertThat(layers.of(Map.of("a", DIRECTORY), Duration.ofMillis(10))).isEmpty();
    assertThat(layers.of(Map.of("a", DIRECTORY), Duration.ZERO)).isEmpty();
    mayEnd.countDown();
    assertThat(bytes(layers)).isEqualTo(7);
  }

  @Test
  void unreadableLayerIsLeftOut() throws Exception {
    WritableLayers layers =
        new WritableLayers(
            path -> {
              if (path.endsWith("bad")) {
                throw new ErrnoException("openat", path.toString(), Errno.EIO);
              }
              return new DiskUsage(7, 1);
            });
    assertThat(layers.of(Map.of("bad", Path.of("/bad"), "good", DIRECTORY), LONG))
        .containsOnlyKeys("good");
  }

  private static long bytes(WritableLayers layers) throws InterruptedException {
    return layers.of(Map.of("a", DIRECTORY), LONG).values().iterator().next().usage().bytes();
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
