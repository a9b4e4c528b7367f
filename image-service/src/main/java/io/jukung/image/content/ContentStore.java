package io.jukung.image.content;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.DiskUsage;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.fs.Sync;
import io.jukung.linux.fs.TreeRemoval;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Blobs on disk, named by their digest: {@code blobs/sha256/<hex>}, as in an OCI image layout. A
 * file gets such a name only after its digest was verified and its bytes were synced.
 *
 * <p>Thread-safe. Two writers of one blob are harmless: the second replaces equal bytes.
 */
public final class ContentStore {
  private static final Logger log = LoggerFactory.getLogger(ContentStore.class);
  private static final long BLOCK_BYTES = 4096;
  private static final int BUFFER_BYTES = 64 * 1024;
  private static final AtomicLong NEXT = new AtomicLong();

  private final Path blobs;
  private final Path temporary;
  private final PartialBlobs partial;
  private final Map<Digest, Long> sizes = new ConcurrentHashMap<>();

  private ContentStore(Path blobs, Path temporary, PartialBlobs partial) {
    this.blobs = blobs;
    this.temporary = temporary;
    this.partial = partial;
  }

  /**
   * Opens the store, and creates its directories if they are missing.
   *
   * @param temporary an existing directory on the same file system; the caller empties it after a
   *     crash
   */
  public static ContentStore open(Path blobs, Path temporary, PartialBlobs partial)
      throws IOException {
    ContentStore store = new ContentStore(blobs, temporary, partial);
    for (Digest.Algorithm algorithm : Digest.Algorithm.values()) {
      Path directory = Files.createDirectories(blobs.resolve(algorithm.label()));
      try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
        for (Path file : files) {
          store.load(algorithm, file);
        }
      }
    }
    return store;
  }

  public boolean contains(Digest digest) {
    return sizes.containsKey(digest);
  }

  public Set<Digest> digests() {
    return Set.copyOf(sizes.keySet());
  }

  /**
   * The disk space of all blobs together, each rounded up to whole blocks, and of the beginnings of
   * blobs whose transfer was interrupted.
   */
  public DiskUsage usage() throws IOException {
    long bytes = 0;
    long count = 0;
    for (long size : sizes.values()) {
      bytes += (size + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
      count++;
    }
    return new DiskUsage(bytes, count).plus(partial.usage());
  }

  /** The blob's size in bytes; 0 if the blob is not in the store. */
  public long size(Digest digest) {
    return sizes.getOrDefault(digest, 0L);
  }

  /**
   * Reads a small blob and verifies it again, because the disk may have damaged it since.
   *
   * @throws IOException also for a blob that is damaged or has more than {@code maxBytes}
   */
  public byte[] read(Digest digest, int maxBytes) throws IOException {
    try (InputStream in = open(digest)) {
      byte[] content = in.readNBytes(maxBytes + 1);
      if (content.length > maxBytes) {
        throw new IOException("blob %s has more than %d bytes".formatted(digest, maxBytes));
      }
      if (!digest.matches(content)) {
        throw new IOException("blob " + digest + " is corrupt on disk");
      }
      return content;
    }
  }

  public InputStream open(Digest digest) throws IOException {
    if (!contains(digest)) {
      throw new FileNotFoundException("blob " + digest + " is not in the store");
    }
    return new FileInputStream(path(digest).toFile());
  }

  /**
   * Opens a blob for reads at any position. The blob may be removed meanwhile; its bytes stay.
   *
   * @throws FileNotFoundException if it is not in the store
   */
  public FileChannel openChannel(Digest digest) throws IOException {
    if (!contains(digest)) {
      throw new FileNotFoundException("blob " + digest + " is not in the store");
    }
    return FileChannel.open(path(digest), StandardOpenOption.READ);
  }

  /** Whether the bytes on disk still have the blob's digest. Reads all of them. */
  public boolean isIntact(Digest digest) throws IOException {
    MessageDigest computation = digest.algorithm().start();
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = open(digest)) {
      int count;
      while ((count = in.read(buffer, 0, buffer.length)) > 0) {
        computation.update(buffer, 0, count);
      }
    }
    return Digest.of(digest.algorithm(), computation).equals(digest);
  }

  /**
   * Stores a small blob. Storing it again is a no-op.
   *
   * @throws IllegalArgumentException for content with another digest
   */
  public void put(Digest digest, byte[] content) throws IOException {
    if (!digest.matches(content)) {
      throw new IllegalArgumentException("content does not have the digest " + digest);
    }
    if (!contains(digest)) {
      named(digest, content.length, () -> AtomicFile.write(path(digest), content));
    }
  }

  /** Gives a file the name of its blob. */
  @FunctionalInterface
  private interface Naming {
    void run() throws IOException;
  }

  /**
   * Gives a blob its name and lists it. A file that has the name when that fails (its directory
   * could not be synced, say) is removed, so that no file stays that nobody knows. Meanwhile no
   * other writer gives the same name.
   */
  private void named(Digest digest, long size, Naming naming) throws IOException {
    try {
      sizes.compute(
          digest,
          (_, known) -> {
            try {
              naming.run();
            } catch (IOException e) {
              throw new UncheckedIOException(known == null ? withoutFile(digest, e) : e);
            }
            return size;
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private IOException withoutFile(Digest digest, IOException failure) {
    try {
      Files.deleteIfExists(path(digest));
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
    return failure;
  }

  /** The beginnings of blobs whose transfer was interrupted. */
  public PartialBlobs partial() {
    return partial;
  }

  /**
   * Starts to write a blob that arrives in parts, behind what an interrupted transfer has left of
   * it.
   */
  BlobWriter begin(Digest digest, long size) throws IOException {
    Path file = partial.unfinished(digest);
    return new BlobWriter(this, file, digest, size, partial.take(digest, size, file));
  }

  /**
   * Stores a file that is the blob. Storing a blob again is a no-op, and the file stays.
   *
   * @param file among the store's unfinished work, complete; it gets the name of the blob
   * @param digest which the caller has computed while it wrote the file
   * @param size the bytes of the file
   */
  public void take(Path file, Digest digest, long size) throws IOException {
    if (contains(digest)) {
      return;
    }
    try (Fd written = HostFile.open(file.toString(), OpenFlags.O_RDONLY, 0)) {
      Sync.file(written);
    }
    adopt(file, digest, size);
  }

  /** Renames a complete, verified and synced file to its blob's name. */
  void adopt(Path file, Digest digest, long size) throws IOException {
    try (Fd from = HostFile.openDirectory(temporary);
        Fd to = HostFile.openDirectory(blobs.resolve(digest.algorithm().label()))) {
      byte[] name = file.getFileName().toString().getBytes(UTF_8);
      named(
          digest,
          size,
          () -> {
            DirectoryEntry.rename(from, name, to, digest.hex().getBytes(UTF_8));
            Sync.file(to);
          });
    }
    partial.drop(digest);
  }

  /**
   * Removes the blob from the store at once. The returned removal deletes its bytes later; the blob
   * may be stored anew in between.
   */
  public Removal detach(Digest digest) throws IOException {
    sizes.remove(digest);
    Path trash = temporary.resolve("removed-blob-" + NEXT.incrementAndGet());
    try {
      Files.move(path(digest), trash, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      return Removal.NOTHING;
    }
    return () -> Files.deleteIfExists(trash);
  }

  /**
   * Lists the files in the blobs' directories that are not blobs of this store, and the beginnings
   * of blobs that are kept no longer.
   *
   * @param remove whether to remove these files, too
   * @return their paths
   */
  public List<String> strays(boolean remove) throws IOException {
    List<String> strays = new ArrayList<>();
    for (Digest.Algorithm algorithm : Digest.Algorithm.values()) {
      try (Fd directory = HostFile.openDirectory(blobs.resolve(algorithm.label()))) {
        for (byte[] name : DirectoryListing.names(directory)) {
          String text = new String(name, UTF_8);
          if (!isKnown(algorithm, text)) {
            strays.add(blobs.resolve(algorithm.label()) + "/" + text);
            if (remove) {
              TreeRemoval.remove(directory, name);
            }
          }
        }
      }
    }
    for (Path expired : partial.expired()) {
      strays.add(expired.toString());
      if (remove) {
        Files.deleteIfExists(expired);
      }
    }
    return strays;
  }

  private boolean isKnown(Digest.Algorithm algorithm, String name) {
    try {
      return contains(new Digest(algorithm, name));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private Path path(Digest digest) {
    return blobs.resolve(digest.algorithm().label()).resolve(digest.hex());
  }

  private void load(Digest.Algorithm algorithm, Path file) throws IOException {
    String name = file.getFileName().toString();
    if (AtomicFile.isTemporary(name)) {
      Files.delete(file);
      return;
    }
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      log.warn("{} is ignored: it is not a regular file", file); // reading a FIFO would never end
      return;
    }
    try {
      sizes.put(new Digest(algorithm, name), Files.size(file));
    } catch (IllegalArgumentException e) {
      log.warn("{} is ignored: its name is not a blob's digest", file);
    }
  }
}
