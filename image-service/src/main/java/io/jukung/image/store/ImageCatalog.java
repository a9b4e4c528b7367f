package io.jukung.image.store;

import io.jukung.cri.CriException;
import io.jukung.image.content.ContentStore;
import io.jukung.image.content.Digest;
import io.jukung.image.layer.ChainId;
import io.jukung.image.layer.LayerStore;
import io.jukung.image.layer.LayerStore.Layer;
import io.jukung.image.manifest.ConfigDocument;
import io.jukung.image.manifest.ImageConfig;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.store.RecordDirectory.DamagedRecordException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The images on this node and their names, in memory and on disk. A record is written after all
 * content of its image, so an image that is listed is complete.
 *
 * <p>Thread-safe. Questions are answered from memory without waiting.
 */
final class ImageCatalog {
  private static final Logger log = LoggerFactory.getLogger(ImageCatalog.class);

  /** The length that Docker shows. Shorter IDs could well be names, such as "cafe" or "beef". */
  private static final int MIN_SHORT_ID = 12;

  private static final Pattern SHORT_ID =
      Pattern.compile("(?:sha256:)?([0-9a-f]{" + MIN_SHORT_ID + ",64})");

  private final ReentrantLock lock;
  private final RecordDirectory<ImageRecord> files;
  private final Path aside;
  private final ContentStore content;
  private final LayerStore layers;
  private final LayerRestorer restorer;
  private final Set<String> pinned;
  private boolean hasUnreadable;

  /** By ID; immutable and replaced as a whole, so that readers need no lock. */
  private volatile Map<String, Entry> images = Map.of();

  private record Entry(ImageRecord record, StoredImage image) {}

  /**
   * @param lock the store's
   * @param pinned references of images that the node's garbage collection must keep, normalised
   */
  ImageCatalog(
      ReentrantLock lock,
      StoreDirectories directories,
      ContentStore content,
      LayerStore layers,
      LayerRestorer restorer,
      Set<String> pinned) {
    this.lock = lock;
    this.files =
        new RecordDirectory<>(directories.records(), ImageRecord.class, ImageRecord::check);
    this.aside = directories.aside();
    this.content = content;
    this.layers = layers;
    this.restorer = restorer;
    this.pinned = pinned;
  }

  /**
   * Reads all records from disk. Records that are damaged, or whose image is not complete, are set
   * aside. Records that could not be read stay, and so does all content until the next start.
   */
  void load() throws IOException {
    Map<String, Entry> found = new TreeMap<>();
    for (Path file : files.files()) {
      try {
        ImageRecord stored = files.read(file);
        found.put(stored.id(), entry(stored));
      } catch (DamagedRecordException | IncompleteImageException | CriException e) {
        log.warn("image record {} is set aside: {}", file, e.getMessage());
        Files.move(file, aside.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        log.warn(
            "image record {} cannot be read, and no content is removed until the next start: {}",
            file,
            e.toString());
        hasUnreadable = true;
      }
    }
    images = found;
  }

  /** Whether there are records that could not be read: they may need any content. */
  boolean hasUnreadable() {
    return hasUnreadable;
  }

  // ── questions ──────────────────────────────────────────────────────────────────────────────

  /**
   * Finds an image by its ID, a short ID of at least 12 digits, a tag, a digest, or a name without
   * tag. Text that is not a reference at all leads to no image.
   */
  Optional<StoredImage> find(String idOrReference) {
    return findEntry(idOrReference).map(Entry::image);
  }

  /**
   * As {@link #find}.
   *
   * @throws CriException NOT_FOUND if there is no such image
   */
  ImageRecord require(String idOrReference) {
    return findEntry(idOrReference)
        .map(Entry::record)
        .orElseThrow(() -> CriException.notFound("image " + idOrReference + " is not here"));
  }

  /** All images for users, sorted by ID. */
  List<StoredImage> list() {
    return images.values().stream()
        .filter(entry -> !entry.record.intermediate())
        .map(Entry::image)
        .toList();
  }

  /** The records of all images, sorted by ID. */
  List<ImageRecord> records() {
    return images.values().stream().map(Entry::record).toList();
  }

  /** The record of the image with exactly this ID. */
  Optional<ImageRecord> record(String id) {
    return Optional.ofNullable(images.get(id)).map(Entry::record);
  }

  /** The repositories that have a blob, as far as names with digests tell, without their prefix. */
  Set<String> repositoriesWith(Digest blob, String prefix) {
    Set<String> repositories = new TreeSet<>();
    for (ImageRecord image : records()) {
      if (image.layers().contains(blob.toString()) || image.id().equals(blob.toString())) {
        image.repoDigests().stream()
            .filter(name -> name.startsWith(prefix))
            .map(name -> name.substring(prefix.length(), name.indexOf('@')))
            .forEach(repositories::add);
      }
    }
    return repositories;
  }

  /** Whether the node's garbage collection must keep the image. */
  boolean isPinned(ImageRecord image) {
    return image.pinned()
        || image.repoTags().stream().anyMatch(pinned::contains)
        || image.repoDigests().stream().anyMatch(pinned::contains);
  }

  private Optional<Entry> findEntry(String idOrReference) {
    Map<String, Entry> now = images;
    Entry byId = now.get(idOrReference);
    if (byId == null) {
      byId = now.get("sha256:" + idOrReference);
    }
    if (byId != null) {
      return Optional.of(byId);
    }
    Optional<Entry> byName = findByName(now.values(), idOrReference);
    return byName.isPresent() ? byName : findByShortId(now, idOrReference);
  }

  private static Optional<Entry> findByName(Collection<Entry> entries, String text) {
    ImageReference reference;
    try {
      reference = ImageReference.parse(text).withoutTagIfDigest();
    } catch (CriException e) {
      return Optional.empty(); // an ID, or text that cannot be the name of an image
    }
    String name = reference.toString();
    return entries.stream()
        .filter(
            entry ->
                entry.record.repoTags().contains(name) || entry.record.repoDigests().contains(name))
        .findFirst();
  }

  /** The images that were pulled by a name for other platforms than the node's, newest first. */
  List<StoredImage> findForeign(String name) {
    return images.values().stream()
        .filter(entry -> entry.record.isForeign(name))
        .sorted(Comparator.comparing((Entry entry) -> entry.record.pulledAt()).reversed())
        .map(entry -> entry.image)
        .toList();
  }

  private static Optional<Entry> findByShortId(Map<String, Entry> now, String text) {
    var match = SHORT_ID.matcher(text);
    if (!match.matches()) {
      return Optional.empty();
    }
    String prefix = "sha256:" + match.group(1);
    List<Entry> found =
        now.values().stream().filter(entry -> entry.record.id().startsWith(prefix)).toList();
    return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
  }

  // ── changes ────────────────────────────────────────────────────────────────────────────────

  /**
   * Lists an image whose content is complete in the store. Other images lose the tags that this
   * image gets. If the image is listed already, the names and content of both records are united.
   */
  StoredImage register(ImageRecord fresh) throws IOException {
    lock.lock();
    try {
      Map<String, Entry> next = new TreeMap<>(images);
      for (Entry other : images.values()) {
        Set<String> kept = new TreeSet<>(other.record.repoTags());
        if (!other.record.id().equals(fresh.id()) && kept.removeAll(fresh.repoTags())) {
          ImageRecord robbed = other.record.withNames(kept, other.record.repoDigests());
          write(robbed);
          next.put(robbed.id(), entry(robbed));
          images = new TreeMap<>(next);
        }
      }
      Entry known = next.get(fresh.id());
      ImageRecord merged = known == null ? fresh : known.record.mergedWith(fresh);
      write(merged);
      Entry entry = entry(merged);
      next.put(merged.id(), entry);
      images = next;
      return entry.image;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Gives an image a further tag.
   *
   * @throws CriException NOT_FOUND if there is no such image, INVALID_ARGUMENT if {@code tag} is
   *     not a name with a tag
   */
  StoredImage tag(String idOrReference, String tag) throws IOException {
    String normal = normal(tag);
    lock.lock();
    try {
      return register(require(idOrReference).withNames(Set.of(normal), Set.of()));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a tag from an image that has others.
   *
   * @throws CriException NOT_FOUND if no image has the tag, FAILED_PRECONDITION if it is the last
   *     one of its image, INVALID_ARGUMENT if {@code tag} is not a name with a tag
   */
  StoredImage untag(String tag) throws IOException {
    String normal = normal(tag);
    lock.lock();
    try {
      ImageRecord image = require(normal);
      Set<String> kept = new TreeSet<>(image.repoTags());
      if (!kept.remove(normal)) {
        throw CriException.notFound("no image has the tag " + normal);
      }
      if (kept.isEmpty()) {
        throw CriException.failedPrecondition(normal + " is the last tag of " + image.id());
      }
      ImageRecord shorter = image.withNames(kept, image.repoDigests());
      write(shorter);
      Entry entry = entry(shorter);
      Map<String, Entry> next = new TreeMap<>(images);
      next.put(shorter.id(), entry);
      images = next;
      return entry.image;
    } finally {
      lock.unlock();
    }
  }

  private static String normal(String tag) {
    return ImageReference.tagged(tag)
        .orElseThrow(
            () -> CriException.invalidArgument("%s is not a name with a tag".formatted(tag)));
  }

  /**
   * Gives an image a further name with a digest.
   *
   * @throws CriException NOT_FOUND if there is no such image
   */
  StoredImage addDigest(String id, String nameWithDigest) throws IOException {
    lock.lock();
    try {
      return register(require(id).withNames(Set.of(), Set.of(nameWithDigest)));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Removes an image with all its names from the index.
   *
   * @return false if there is no such image
   */
  boolean remove(String idOrReference) throws IOException {
    lock.lock();
    try {
      Optional<StoredImage> image = find(idOrReference);
      if (image.isEmpty()) {
        return false;
      }
      files.remove(fileName(image.get().id()));
      Map<String, Entry> next = new TreeMap<>(images);
      next.remove(image.get().id());
      images = next;
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void write(ImageRecord image) throws IOException {
    files.write(fileName(image.id()), image);
  }

  private static String fileName(String id) {
    return id.replace(':', '-');
  }

  /**
   * @throws IncompleteImageException if a part of the image is not in the store
   */
  private Entry entry(ImageRecord image) throws IOException {
    ImageConfig config = ImageConfig.EMPTY;
    if (!image.isArtifact()) {
      Digest id = Digest.parse(image.id());
      byte[] document = new StoredDocuments(content).read(id, ConfigDocument.MAX_BYTES);
      config = ConfigDocument.parse(id, document).config();
    }
    long size = 0;
    for (Digest blob : image.blobs()) {
      size += content.size(blob);
    }
    for (ChainId chainId : image.chain()) {
      Optional<Layer> layer = layers.find(chainId);
      if (layer.isEmpty()) {
        restorer.wanted(image); // fails if the layer cannot be made from its blob either
      }
      size += layer.map(each -> each.usage().bytes()).orElse(0L);
    }
    return new Entry(
        image,
        new StoredImage(
            image.id(),
            List.copyOf(new TreeSet<>(image.repoTags())),
            List.copyOf(new TreeSet<>(image.repoDigests())),
            size,
            config,
            image.isArtifact(),
            isPinned(image)));
  }
}
