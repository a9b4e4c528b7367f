package io.jukung.image.content;

import io.jukung.linux.fs.DiskUsage;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The beginnings of blobs whose transfer was interrupted: {@code partial/sha256-<hex>}. The next
 * transfer of the blob continues behind them, also after a restart of the daemon. Nothing is known
 * about their bytes until the whole blob is verified. Thread-safe.
 *
 * <p>While a blob is transferred its file is in the store's directory for unfinished work, so that
 * two transfers never write to one file.
 */
public final class PartialBlobs {
  /** Less is fetched again sooner than it is looked after. */
  static final long MIN_BYTES = 256 * 1024;

  /** Kubelet tries a failed pull again within five minutes; a day covers a repaired registry. */
  static final Duration MAX_AGE = Duration.ofDays(1);

  /** Enough for the layers of one large image. The oldest files are removed first. */
  static final long MAX_TOTAL_BYTES = 16L << 30;

  private static final Pattern UNFINISHED =
      Pattern.compile("blob-(sha256|sha512)-([0-9a-f]+)-[0-9]+");
  private static final AtomicLong NEXT = new AtomicLong();

  private final Path directory;
  private final Path temporary;
  private final Clock clock;
  private final long maxTotalBytes;

  /**
   * @param directory an existing directory for these files alone
   * @param temporary an existing directory on the same file system for unfinished work
   */
  public PartialBlobs(Path directory, Path temporary) {
    this(directory, temporary, Clock.systemUTC(), MAX_TOTAL_BYTES);
  }

  PartialBlobs(Path directory, Path temporary, Clock clock, long maxTotalBytes) {
    this.directory = directory;
    this.temporary = temporary;
    this.clock = clock;
    this.maxTotalBytes = maxTotalBytes;
  }

  private record Partial(Path file, long bytes, Instant modified) {}

  /**
   * Keeps what a process that was killed has left among the unfinished work. To be called before
   * that is removed.
   */
  public void rescue() throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(temporary, "blob-*")) {
      for (Path file : files) {
        Optional<Digest> digest = unfinished(file.getFileName().toString());
        if (digest.isPresent()) {
          keep(file, digest.get());
        }
      }
    }
    expire();
  }

  private static Optional<Digest> unfinished(String name) {
    Matcher matcher = UNFINISHED.matcher(name);
    return matcher.matches() ? parse(matcher.group(1) + ":" + matcher.group(2)) : Optional.empty();
  }

  private static Optional<Digest> parse(String text) {
    try {
      return Optional.of(Digest.parse(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // a file that is not ours
    }
  }

  /** A new path among the unfinished work, by which {@link #rescue} knows the blob. */
  Path unfinished(Digest digest) {
    return temporary.resolve("blob-" + name(digest) + "-" + NEXT.incrementAndGet());
  }

  /**
   * Moves the blob's beginning to another path.
   *
   * @param size the blob's size; what is longer is removed
   * @return false if there is none
   */
  boolean take(Digest digest, long size, Path target) throws IOException {
    Path file = file(digest);
    try {
      if (!Files.isRegularFile(file, java.nio.file.LinkOption.NOFOLLOW_LINKS)
          || Files.size(file) > size) {
        Files.deleteIfExists(file);
        return false;
      }
      Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Takes over the file of an interrupted transfer, or removes the file if it is too short. */
  void keep(Path file, Digest digest) throws IOException {
    if (Files.size(file) < MIN_BYTES) {
      Files.delete(file);
      return;
    }
    Files.move(
        file, file(digest), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    expire();
  }

  /** Removes the blob's beginning, if there is one. */
  void drop(Digest digest) throws IOException {
    Files.deleteIfExists(file(digest));
  }

  /** Removes all, to make room. */
  void clear() throws IOException {
    for (Partial each : list()) {
      Files.deleteIfExists(each.file);
    }
  }

  /** Removes files that are too old, and the oldest ones while all together are too large. */
  public void expire() throws IOException {
    for (Path file : expired()) {
      Files.deleteIfExists(file);
    }
  }

  /** The disk space of all files together. */
  DiskUsage usage() throws IOException {
    List<Partial> all = list();
    return new DiskUsage(all.stream().mapToLong(Partial::bytes).sum(), all.size());
  }

  /** The files that {@link #expire} would remove, and those that are no blob's beginning. */
  List<Path> expired() throws IOException {
    List<Path> expired = new ArrayList<>();
    Instant oldest = clock.instant().minus(MAX_AGE);
    long total = 0;
    for (Partial each : list()) {
      total += each.bytes;
      String name = each.file.getFileName().toString();
      if (each.modified.isBefore(oldest)
          || total > maxTotalBytes
          || parse(name.replaceFirst("-", ":")).isEmpty()) {
        expired.add(each.file);
      }
    }
    return expired;
  }

  /** All files, the newest first. */
  private List<Partial> list() throws IOException {
    List<Partial> all = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        try {
          all.add(new Partial(file, Files.size(file), Files.getLastModifiedTime(file).toInstant()));
        } catch (NoSuchFileException e) {
          // A transfer has taken the file meanwhile.
        }
      }
    }
    all.sort((first, second) -> second.modified().compareTo(first.modified()));
    return all;
  }

  private Path file(Digest digest) {
    return directory.resolve(name(digest));
  }

  private static String name(Digest digest) {
    return digest.algorithm().label() + "-" + digest.hex();
  }
}
