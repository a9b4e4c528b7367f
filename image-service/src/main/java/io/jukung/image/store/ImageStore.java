package io.jukung.image.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.cri.CriException;
import io.jukung.image.content.BlobTransfers;
import io.jukung.image.content.ContentStore;
import io.jukung.image.content.Digest;
import io.jukung.image.content.Removal;
import io.jukung.image.install.LayerInstaller;
import io.jukung.image.layer.ChainId;
import io.jukung.image.layer.LayerFormat;
import io.jukung.image.layer.LayerLimits;
import io.jukung.image.layer.LayerStore;
import io.jukung.image.layer.LayerStore.Layer;
import io.jukung.image.manifest.ConfigDocument;
import io.jukung.image.manifest.ImageConfig;
import io.jukung.image.reference.ImageReference;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.DiskUsage;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileAttributes;
import io.jukung.linux.fs.HostFile;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The images that are here, who uses them, and what may go.
 *
 * <pre>
 * images/blobs/sha256/…      manifests, configurations, compressed layers
 * images/layers/sha256-…/    unpacked layers, by chain id
 * images/records/….json      one per image: what it consists of and is called
 * images/leases/….json       one per user of an image: its layers stay
 * images/temporary/          unfinished work; emptied at start
 * images/aside/              records that could not be read
 * </pre>
 *
 * <p>A record is written last and removed first, so an image that is listed is complete. Content
 * goes when no record, no lease and no pull under way needs it (mark and sweep).
 *
 * <p>Thread-safe. Answers come from memory and wait for nothing.
 */
public final class ImageStore {
  private static final Logger log = LoggerFactory.getLogger(ImageStore.class);
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final List<String> DIRECTORIES =
      List.of("blobs", "layers", "records", "leases", "temporary", "aside");
  private static final long BLOCK_BYTES = 4096;
  private static final int MAX_RECORD_BYTES = 16 * 1024 * 1024;
  private static final Pattern USER = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");

  /** As Docker shows them. Shorter ones are too likely to be a name: "cafe", "beef". */
  private static final int MIN_SHORT_ID = 12;

  private static final Pattern SHORT_ID =
      Pattern.compile("(?:sha256:)?([0-9a-f]{" + MIN_SHORT_ID + ",64})");

  private final Path root;
  private final Set<String> pinned;
  private final LayerLimits limits;
  private final ContentStore content;
  private final LayerStore layers;
  private final LayerInstaller installer;
  private final LayerRestorer restorer;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Lease> leases = new HashMap<>();
  private final List<Pin> pins = new ArrayList<>();

  /**
   * Users whose lease could not be read. It holds layers that we do not know, so none is swept
   * until they are released or hold an image anew.
   */
  private final Set<String> unreadableLeases = new HashSet<>();

  /** Immutable and replaced as a whole: readers take no lock. */
  private volatile Map<String, Entry> images = Map.of();

  private record Entry(ImageRecord record, StoredImage image) {}

  private ImageStore(ImageStoreSettings settings, ContentStore content, LayerStore layers) {
    this.root = settings.root();
    this.pinned = settings.pinned();
    this.limits = settings.layerLimits();
    this.content = content;
    this.layers = layers;
    int processors = Math.max(2, Runtime.getRuntime().availableProcessors());
    this.installer =
        new LayerInstaller(
            content, layers, new BlobTransfers(content, settings.maxDownloads()), processors);
    this.restorer = new LayerRestorer(content, layers, installer);
  }

  /**
   * Opens the store; unfinished work of an earlier process goes, unreadable records are set aside.
   */
  public static ImageStore open(ImageStoreSettings settings) throws IOException {
    Path root = settings.root();
    Files.createDirectories(root);
    try (Fd directory = HostFile.openDirectory(root)) {
      FileAttributes.setMode(directory, 0700);
    }
    for (String name : DIRECTORIES) {
      Files.createDirectories(root.resolve(name));
    }
    Path temporary = root.resolve("temporary");
    empty(temporary);
    ImageStore store =
        new ImageStore(
            settings,
            ContentStore.open(root.resolve("blobs"), temporary),
            LayerStore.open(
                root.resolve("layers"),
                temporary,
                settings.layerLimits(),
                layerFormat(settings, temporary)));
    store.loadLeases();
    store.loadRecords();
    store.sweep();
    return store;
  }

  private static LayerFormat layerFormat(ImageStoreSettings settings, Path temporary)
      throws IOException {
    if (settings.layerFormat().isEmpty()) {
      return LayerFormat.best(temporary);
    }
    LayerFormat format = settings.layerFormat().get();
    try {
      format.check(temporary);
    } catch (ErrnoException e) {
      throw new IOException(
          "image.layer_format is \"erofs\", which this node has not: " + e.getMessage(), e);
    }
    return format;
  }

  // ── questions ──────────────────────────────────────────────────────────────────────────────

  /**
   * By id, short id of at least 12 digits, tag, digest, or name without tag. What is not a
   * reference at all is simply not here.
   */
  public Optional<StoredImage> find(String idOrReference) {
    Map<String, Entry> now = images;
    Entry byId = now.get(idOrReference);
    if (byId == null) {
      byId = now.get("sha256:" + idOrReference);
    }
    if (byId != null) {
      return Optional.of(byId.image);
    }
    Optional<StoredImage> byName = findByName(now.values(), idOrReference);
    return byName.isPresent() ? byName : findByShortId(now, idOrReference);
  }

  /** Sorted by id. */
  public List<StoredImage> list() {
    return images.values().stream().map(Entry::image).toList();
  }

  /** Blobs, layers and records together; never nothing, as the directories themselves count. */
  public DiskUsage usage() {
    long files = (long) DIRECTORIES.size() + images.size();
    return content.usage().plus(layers.usage()).plus(new DiskUsage(files * BLOCK_BYTES, files));
  }

  /** As {@link #usage}, by what it is, and with what the images that nobody uses take of it. */
  public StoreUsage detailedUsage() {
    lock.lock();
    try {
      Set<String> inUse = new HashSet<>();
      leases.values().forEach(lease -> inUse.add(lease.imageId()));
      Set<Digest> keptBlobs = new HashSet<>();
      Set<ChainId> keptLayers = new HashSet<>();
      leases.values().forEach(lease -> keptLayers.addAll(chain(lease.diffIds())));
      int used = 0;
      for (Entry entry : images.values()) {
        if (entry.image.pinned() || inUse.contains(entry.image.id())) {
          used++;
          entry.record.blobs().forEach(digest -> keptBlobs.add(Digest.parse(digest)));
          keptLayers.addAll(chain(entry.record.diffIds()));
        }
      }
      long reclaimable = 0;
      for (Digest digest : content.digests()) {
        reclaimable += keptBlobs.contains(digest) ? 0 : content.size(digest);
      }
      for (ChainId chainId : layers.chainIds()) {
        Optional<Layer> layer = layers.find(chainId).filter(_ -> !keptLayers.contains(chainId));
        reclaimable += layer.map(each -> each.usage().bytes()).orElse(0L);
      }
      return new StoreUsage(images.size(), used, content.usage(), layers.usage(), reclaimable);
    } finally {
      lock.unlock();
    }
  }

  /** The layers of an image that is here, topmost first, with their files in them. */
  public List<Path> lowerDirectories(String id) {
    List<Path> directories = new ArrayList<>();
    for (ChainId chainId : chain(entry(id).record.diffIds())) {
      layers
          .find(chainId)
          .filter(layers::mount)
          .ifPresent(layer -> directories.add(layer.lowerDirectory()));
    }
    return directories.reversed();
  }

  /** The directory that images are kept in. */
  public Path root() {
    return root;
  }

  private static Optional<StoredImage> findByName(Collection<Entry> entries, String text) {
    ImageReference reference;
    try {
      reference = ImageReference.parse(text).withoutTagIfDigest();
    } catch (CriException e) {
      return Optional.empty(); // an id, or nothing that an image could be called
    }
    String name = reference.toString();
    return entries.stream()
        .filter(
            entry ->
                entry.record.repoTags().contains(name) || entry.record.repoDigests().contains(name))
        .map(Entry::image)
        .findFirst();
  }

  private static Optional<StoredImage> findByShortId(Map<String, Entry> now, String text) {
    var match = SHORT_ID.matcher(text);
    if (!match.matches()) {
      return Optional.empty();
    }
    String prefix = "sha256:" + match.group(1);
    List<Entry> found =
        now.entrySet().stream()
            .filter(entry -> entry.getKey().startsWith(prefix))
            .map(Map.Entry::getValue)
            .toList();
    return found.size() == 1 ? Optional.of(found.getFirst().image) : Optional.empty();
  }

  // ── leases ─────────────────────────────────────────────────────────────────────────────────

  /**
   * The image's layers, held for the user until {@link #release}, across restarts and even if the
   * image is removed. A user that holds the image already gets the same again.
   *
   * @param imageId as {@link #find} takes it
   * @param user a container's id
   * @throws CriException NOT_FOUND where the image is not here, FAILED_PRECONDITION where the user
   *     holds another one
   */
  public Rootfs acquire(String imageId, String user) throws IOException {
    if (!USER.matcher(user).matches()) {
      throw CriException.invalidArgument("not a name that can hold an image: " + user);
    }
    Lease held = lease(imageId, user);
    restoreMissing(held);
    return rootfs(held);
  }

  private Lease lease(String imageId, String user) throws IOException {
    lock.lock();
    try {
      Lease held = leases.get(user);
      if (held == null) {
        StoredImage image =
            find(imageId)
                .orElseThrow(() -> CriException.notFound("image " + imageId + " is not here"));
        ImageRecord entry = entry(image.id()).record;
        held = new Lease(Lease.VERSION, user, image.id(), entry.diffIds());
        AtomicFile.write(leaseFile(user), JSON.writeValueAsBytes(held));
        leases.put(user, held);
        unreadableLeases.remove(user);
      } else if (!find(imageId).map(StoredImage::id).orElse(imageId).equals(held.imageId())) {
        throw CriException.failedPrecondition(
            "%s holds image %s and cannot hold %s too".formatted(user, held.imageId(), imageId));
      }
      return held;
    } finally {
      lock.unlock();
    }
  }

  /** A layer that has been lost from the disk is unpacked anew, where its blob is still here. */
  private void restoreMissing(Lease lease) throws IOException {
    List<ChainId> missing =
        chain(lease.diffIds()).stream().filter(layer -> !restorer.isThere(layer)).toList();
    Entry entry = images.get(lease.imageId());
    if (missing.isEmpty() || entry == null) {
      return;
    }
    log.warn("image {} has lost layers and gets them anew: {}", lease.imageId(), missing);
    try (Pin pin = pin()) {
      restorer.restore(pinned(lease.imageId(), pin));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("restore layers of image " + lease.imageId());
    }
  }

  /** Ends the user's hold. One that holds nothing is no error. */
  public void release(String user) throws IOException {
    lock.lock();
    try {
      if (!leases.containsKey(user) && !unreadableLeases.contains(user)) {
        return;
      }
      AtomicFile.remove(leaseFile(user));
      leases.remove(user);
      unreadableLeases.remove(user);
    } finally {
      lock.unlock();
    }
    sweep();
  }

  /** All who hold an image, also where the lease itself is damaged. */
  public Set<String> leases() {
    lock.lock();
    try {
      Set<String> users = new HashSet<>(leases.keySet());
      users.addAll(unreadableLeases);
      return users;
    } finally {
      lock.unlock();
    }
  }

  private Rootfs rootfs(Lease lease) {
    List<Path> directories = new ArrayList<>();
    for (ChainId chainId : chain(lease.diffIds())) {
      Layer layer =
          layers
              .find(chainId)
              .filter(each -> restorer.isThere(chainId))
              .orElseThrow(
                  () ->
                      CriException.failedPrecondition(
                          "layer %s of image %s is lost; remove the image and pull it again"
                              .formatted(chainId, lease.imageId())));
      directories.add(layer.lowerDirectory());
    }
    return new Rootfs(directories.reversed());
  }

  // ── removal ────────────────────────────────────────────────────────────────────────────────

  /**
   * Removes the image with all its names, at once for all who ask; its content goes as far as
   * nothing else needs it. An image that is not here is no error.
   */
  public void remove(String idOrReference) throws IOException {
    lock.lock();
    try {
      Optional<StoredImage> image = find(idOrReference);
      if (image.isEmpty()) {
        return;
      }
      AtomicFile.remove(recordFile(image.get().id()));
      Map<String, Entry> next = new TreeMap<>(images);
      next.remove(image.get().id());
      images = next;
    } finally {
      lock.unlock();
    }
    sweep();
  }

  /**
   * Gives the image a further tag.
   *
   * @throws CriException NOT_FOUND where the image is not here, INVALID_ARGUMENT for what is no tag
   */
  public StoredImage tag(String idOrReference, String tag) throws IOException {
    String normal =
        ImageReference.tagged(tag)
            .orElseThrow(
                () -> CriException.invalidArgument("%s is not a name with a tag".formatted(tag)));
    lock.lock();
    try {
      StoredImage image =
          find(idOrReference)
              .orElseThrow(() -> CriException.notFound("image " + idOrReference + " is not here"));
      return register(entry(image.id()).record.withNames(Set.of(normal), Set.of()));
    } finally {
      lock.unlock();
    }
  }

  /** Removes what no record, lease or pull needs. */
  private void sweep() throws IOException {
    List<Removal> removals = new ArrayList<>();
    lock.lock();
    try {
      Set<Digest> keptBlobs = new HashSet<>();
      Set<ChainId> keptLayers = new HashSet<>();
      for (Entry entry : images.values()) {
        keptBlobs.add(Digest.parse(entry.record.id()));
        entry.record.documents().forEach(digest -> keptBlobs.add(Digest.parse(digest)));
        entry.record.layers().forEach(digest -> keptBlobs.add(Digest.parse(digest)));
        keptLayers.addAll(chain(entry.record.diffIds()));
      }
      leases.values().forEach(lease -> keptLayers.addAll(chain(lease.diffIds())));
      pins.forEach(
          pin -> {
            keptBlobs.addAll(pin.blobs);
            keptLayers.addAll(pin.chain);
          });
      for (Digest digest : content.digests()) {
        if (!keptBlobs.contains(digest)) {
          removals.add(content.detach(digest));
        }
      }
      if (unreadableLeases.isEmpty()) {
        for (ChainId chainId : layers.chainIds()) {
          if (!keptLayers.contains(chainId)) {
            removals.add(layers.detach(chainId));
          }
        }
      }
    } finally {
      lock.unlock();
    }
    for (Removal removal : removals) {
      removal.finish();
    }
  }

  // ── for those who bring images ─────────────────────────────────────────────────────────────

  public ContentStore content() {
    return content;
  }

  public LayerInstaller installer() {
    return installer;
  }

  LayerStore layers() {
    return layers;
  }

  LayerRestorer restorer() {
    return restorer;
  }

  List<ImageRecord> records() {
    return images.values().stream().map(Entry::record).toList();
  }

  /** Who holds the layer. */
  Set<String> usersOf(ChainId chainId) {
    lock.lock();
    try {
      Set<String> users = new TreeSet<>(unreadableLeases);
      for (Lease lease : leases.values()) {
        if (chain(lease.diffIds()).contains(chainId)) {
          users.add(lease.user());
        }
      }
      return users;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Files among blobs and layers that are neither. While something is being pulled or imported none
   * is looked for: its files could be on their way into the store.
   *
   * @param remove whether to remove them
   */
  List<String> strays(boolean remove) throws IOException {
    lock.lock();
    try {
      List<String> strays = new ArrayList<>();
      if (pins.isEmpty()) {
        strays.addAll(content.strays(remove));
        strays.addAll(layers.strays(remove));
      }
      return strays;
    } finally {
      lock.unlock();
    }
  }

  /** For unfinished work; emptied when the store opens. */
  public Path temporary() {
    return root.resolve("temporary");
  }

  public LayerLimits layerLimits() {
    return limits;
  }

  /** Keeps content from being swept until it is closed; what became of no image then goes. */
  public Pin pin() {
    Pin pin = new Pin();
    lock.lock();
    try {
      pins.add(pin);
    } finally {
      lock.unlock();
    }
    return pin;
  }

  /** The record of an image whose blobs are to stay while the pin is held. */
  public ImageRecord pinned(String idOrReference, Pin pin) {
    lock.lock();
    try {
      StoredImage image =
          find(idOrReference)
              .orElseThrow(() -> CriException.notFound("image " + idOrReference + " is not here"));
      ImageRecord found = entry(image.id()).record;
      pin.blob(Digest.parse(found.id()));
      found.documents().forEach(digest -> pin.blob(Digest.parse(digest)));
      found.layers().forEach(digest -> pin.blob(Digest.parse(digest)));
      return found;
    } finally {
      lock.unlock();
    }
  }

  /** Content that work under way needs. It is pinned before it is looked for. */
  public final class Pin implements AutoCloseable {
    private final Set<Digest> blobs = new HashSet<>();
    private final Set<ChainId> chain = new HashSet<>();

    public void blob(Digest digest) {
      lock.lock();
      try {
        blobs.add(digest);
      } finally {
        lock.unlock();
      }
    }

    public void layers(Collection<ChainId> chainIds) {
      lock.lock();
      try {
        chain.addAll(chainIds);
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() throws IOException {
      lock.lock();
      try {
        pins.remove(this);
      } finally {
        lock.unlock();
      }
      sweep();
    }
  }

  /**
   * Lists an image whose content is all here. Its tags are its own from now on: images that had
   * them lose them.
   */
  public StoredImage register(ImageRecord fresh) throws IOException {
    lock.lock();
    try {
      Map<String, Entry> next = new TreeMap<>(images);
      for (Entry other : images.values()) {
        Set<String> kept = new TreeSet<>(other.record.repoTags());
        if (!other.record.id().equals(fresh.id()) && kept.removeAll(fresh.repoTags())) {
          ImageRecord robbed = other.record.withNames(kept, other.record.repoDigests());
          write(robbed);
          next.put(robbed.id(), load(robbed));
          images = new TreeMap<>(next);
        }
      }
      Entry known = next.get(fresh.id());
      ImageRecord merged = known == null ? fresh : merge(known.record, fresh);
      write(merged);
      Entry entry = load(merged);
      next.put(merged.id(), entry);
      images = next;
      return entry.image;
    } finally {
      lock.unlock();
    }
  }

  private static ImageRecord merge(ImageRecord known, ImageRecord fresh) {
    return new ImageRecord(
        ImageRecord.VERSION,
        fresh.id(),
        union(known.documents(), fresh.documents()),
        union(known.layers(), fresh.layers()),
        fresh.diffIds(),
        union(known.repoTags(), fresh.repoTags()),
        union(known.repoDigests(), fresh.repoDigests()),
        fresh.pulledAt(),
        known.pinned() || fresh.pinned());
  }

  private static Set<String> union(Set<String> one, Set<String> other) {
    Set<String> union = new TreeSet<>(one);
    union.addAll(other);
    return union;
  }

  // ── disk ───────────────────────────────────────────────────────────────────────────────────

  private Entry entry(String id) {
    Entry entry = images.get(id);
    if (entry == null) {
      throw CriException.notFound("image " + id + " is not here");
    }
    return entry;
  }

  private void write(ImageRecord entry) throws IOException {
    AtomicFile.write(recordFile(entry.id()), JSON.writeValueAsBytes(entry));
  }

  /** The record as it is shown; fails where a part of the image is not here. */
  private Entry load(ImageRecord entry) throws IOException {
    ImageConfig config = ImageConfig.EMPTY;
    if (!entry.isArtifact()) {
      Digest id = Digest.parse(entry.id());
      config = ConfigDocument.parse(id, content.read(id, ConfigDocument.MAX_BYTES)).config();
    }
    long size = 0;
    for (String blob : entry.blobs()) {
      size += content.size(Digest.parse(blob));
    }
    for (ChainId chainId : chain(entry.diffIds())) {
      Optional<Layer> layer = layers.find(chainId);
      if (layer.isEmpty()) {
        restorer.wanted(entry); // fails where its blob is gone, too: the image is not whole
      }
      size += layer.map(each -> each.usage().bytes()).orElse(0L);
    }
    return new Entry(
        entry,
        new StoredImage(
            entry.id(),
            List.copyOf(new TreeSet<>(entry.repoTags())),
            List.copyOf(new TreeSet<>(entry.repoDigests())),
            size,
            config,
            entry.isArtifact(),
            entry.pinned()
                || entry.repoTags().stream().anyMatch(pinned::contains)
                || entry.repoDigests().stream().anyMatch(pinned::contains)));
  }

  private static List<ChainId> chain(List<String> diffIds) {
    return ChainId.of(diffIds.stream().map(Digest::parse).toList());
  }

  private Path recordFile(String id) {
    return root.resolve("records").resolve(id.replace(':', '-') + ".json");
  }

  private Path leaseFile(String user) {
    return root.resolve("leases").resolve(user + ".json");
  }

  private void loadRecords() throws IOException {
    Map<String, Entry> found = new TreeMap<>();
    for (Path file : files("records")) {
      try {
        ImageRecord stored = JSON.readValue(readBounded(file), ImageRecord.class);
        stored.check();
        found.put(stored.id(), load(stored));
      } catch (IOException | IllegalArgumentException | CriException e) {
        log.warn("image record {} is set aside: {}", file, e.getMessage());
        setAside(file);
      }
    }
    images = found;
  }

  private void loadLeases() throws IOException {
    for (Path file : files("leases")) {
      try {
        Lease stored = JSON.readValue(readBounded(file), Lease.class);
        stored.check();
        leases.put(stored.user(), stored);
      } catch (IOException | IllegalArgumentException e) {
        log.warn(
            "image lease {} is unreadable, and no layer is removed until its user releases it: {}",
            file,
            e.getMessage());
        unreadableLeases.add(file.getFileName().toString().replaceFirst("\\.json$", ""));
      }
    }
  }

  private List<Path> files(String directory) throws IOException {
    List<Path> files = new ArrayList<>();
    try (Stream<Path> all = Files.list(root.resolve(directory))) {
      for (Path file : all.sorted().toList()) {
        if (AtomicFile.isTemporary(file.getFileName().toString())) {
          Files.delete(file);
        } else {
          files.add(file);
        }
      }
    }
    return files;
  }

  private static byte[] readBounded(Path file) throws IOException {
    if (Files.size(file) > MAX_RECORD_BYTES) {
      throw new IOException("it has more than " + MAX_RECORD_BYTES + " bytes");
    }
    return Files.readAllBytes(file);
  }

  private void setAside(Path file) throws IOException {
    Files.move(
        file,
        root.resolve("aside").resolve(file.getFileName().toString()),
        StandardCopyOption.REPLACE_EXISTING);
  }

  private static void empty(Path directory) throws IOException {
    try (Fd parent = HostFile.openDirectory(directory)) {
      for (byte[] name : DirectoryListing.names(parent)) {
        log.info("removing unfinished {}/{}", directory, new String(name, UTF_8));
        LayerStore.remove(directory, parent, name);
      }
    }
  }
}
