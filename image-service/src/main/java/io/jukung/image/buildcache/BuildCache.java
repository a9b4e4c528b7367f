package io.jukung.image.buildcache;

import io.jukung.image.store.ImageStore;
import io.jukung.image.store.RecordDirectory;
import io.jukung.image.store.RecordDirectory.DamagedRecordException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps that later builds need not carry out: a record for each, whose layer is part of an
 * image that the image store keeps and shows to nobody. Steps that were not used for the longest
 * time are removed when there are too many. Records and images survive a restart; an image without
 * a record, which a build that was cut short has left, is removed at the start. Thread-safe.
 */
public final class BuildCache {
  private static final Logger log = LoggerFactory.getLogger(BuildCache.class);

  /** Bounds the time of a start, which reads all records. */
  private static final int MAX_STEPS = 2_000;

  /** The most disk space of all steps, without the images that they are based on. */
  private static final long MAX_BYTES = 10L << 30;

  private final ReentrantLock lock = new ReentrantLock();
  private final RecordDirectory<CacheEntry> files;
  private final ImageStore images;
  private final InstantSource clock;
  private final Map<String, CacheEntry> entries = new HashMap<>();

  /** How many builds use an intermediate image now. */
  private final Map<String, Integer> held = new HashMap<>();

  private BuildCache(Path directory, ImageStore images, InstantSource clock) {
    this.files = new RecordDirectory<>(directory, CacheEntry.class, CacheEntry::check);
    this.images = images;
    this.clock = clock;
  }

  /**
   * Reads what earlier builds have left.
   *
   * @param directory has the records; it is made if it is missing
   */
  public static BuildCache open(Path directory, ImageStore images, InstantSource clock)
      throws IOException {
    Files.createDirectories(directory);
    BuildCache cache = new BuildCache(directory, images, clock);
    cache.load();
    return cache;
  }

  private void load() throws IOException {
    for (Path file : files.files()) {
      try {
        CacheEntry entry = files.read(file);
        if (entry.imageId().isEmpty() || images.find(entry.imageId()).isPresent()) {
          entries.put(entry.key(), entry);
        } else {
          files.removeSoon(entry.key());
        }
      } catch (DamagedRecordException e) {
        log.warn("the record {} of the build cache is removed: {}", file, e.getMessage());
        Files.deleteIfExists(file);
      }
    }
    for (String image : images.intermediates()) {
      removeUnused(image);
    }
  }

  /** What was removed. */
  public record Removed(int steps, long bytes) {}

  // ── for builds ─────────────────────────────────────────────────────────────────────────────

  /**
   * Finds a step, and takes note that it was used. The caller has to {@link #release} the image of
   * its layer, if it has one.
   */
  public Optional<CacheEntry> find(String key) throws IOException {
    lock.lock();
    try {
      CacheEntry found = entries.get(key);
      if (found == null) {
        return Optional.empty();
      }
      if (!found.imageId().isEmpty() && images.find(found.imageId()).isEmpty()) {
        forget(found); // somebody has removed the image by its ID
        return Optional.empty();
      }
      CacheEntry used = found.usedAt(now());
      files.writeSoon(key, used);
      entries.put(key, used);
      if (!used.imageId().isEmpty()) {
        held.merge(used.imageId(), 1, Integer::sum);
      }
      return Optional.of(used);
    } finally {
      lock.unlock();
    }
  }

  /** Keeps a step. An earlier result of the same step is replaced. */
  public void put(CacheEntry entry) throws IOException {
    lock.lock();
    try {
      CacheEntry before = entries.put(entry.key(), entry);
      files.writeSoon(entry.key(), entry);
      if (before != null && !before.imageId().equals(entry.imageId())) {
        removeUnused(before.imageId());
      }
    } finally {
      lock.unlock();
    }
  }

  public long now() {
    return clock.instant().getEpochSecond();
  }

  /** Keeps an intermediate image from being removed until {@link #release}. */
  public void hold(String imageId) {
    lock.lock();
    try {
      held.merge(imageId, 1, Integer::sum);
    } finally {
      lock.unlock();
    }
  }

  /** Undoes one {@link #hold} of an image that the caller holds once more. */
  public void holdOnce(String imageId) {
    lock.lock();
    try {
      held.merge(imageId, -1, Integer::sum);
    } finally {
      lock.unlock();
    }
  }

  /** Removes the images that no step and no other build needs. */
  public void release(Set<String> imageIds) throws IOException {
    lock.lock();
    try {
      for (String image : imageIds) {
        held.merge(image, -1, (one, other) -> one + other == 0 ? null : one + other);
      }
      for (String image : imageIds) {
        removeUnused(image);
      }
      trim();
    } finally {
      lock.unlock();
    }
  }

  // ── for users ──────────────────────────────────────────────────────────────────────────────

  /** All steps, the one that was used last first. */
  public List<CacheEntry> list() {
    lock.lock();
    try {
      return oldestFirst().reversed();
    } finally {
      lock.unlock();
    }
  }

  /** Removes the steps that were not used for so long. */
  public Removed prune(Duration unused) throws IOException {
    lock.lock();
    try {
      long limit = now() - unused.toSeconds();
      List<CacheEntry> old = oldestFirst().stream().filter(each -> each.usedAt() <= limit).toList();
      return remove(old);
    } finally {
      lock.unlock();
    }
  }

  private void trim() throws IOException {
    long bytes = entries.values().stream().mapToLong(CacheEntry::bytes).sum();
    int count = entries.size();
    List<CacheEntry> surplus = new ArrayList<>();
    for (CacheEntry each : oldestFirst()) {
      if (count <= MAX_STEPS && bytes <= MAX_BYTES) {
        break;
      }
      surplus.add(each);
      count--;
      bytes -= each.bytes();
    }
    var _ = remove(surplus);
  }

  private List<CacheEntry> oldestFirst() {
    return entries.values().stream()
        .sorted(
            Comparator.comparingLong((CacheEntry each) -> each.usedAt())
                .thenComparing(CacheEntry::key))
        .toList();
  }

  private Removed remove(List<CacheEntry> old) throws IOException {
    Set<String> orphans = new HashSet<>();
    long bytes = 0;
    for (CacheEntry each : old) {
      forget(each);
      bytes += each.bytes();
      orphans.add(each.imageId());
    }
    for (String image : orphans) {
      removeUnused(image);
    }
    return new Removed(old.size(), bytes);
  }

  private void forget(CacheEntry entry) throws IOException {
    files.removeSoon(entry.key());
    entries.remove(entry.key());
  }

  private void removeUnused(String imageId) throws IOException {
    boolean needed =
        imageId.isEmpty()
            || held.containsKey(imageId)
            || entries.values().stream().anyMatch(each -> each.imageId().equals(imageId))
            || !images.intermediates().contains(imageId);
    if (!needed) {
      images.remove(imageId);
    }
  }
}
