package io.jukung.image.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cri.CriException;
import io.jukung.image.content.BlobTransfers;
import io.jukung.image.content.ContentStore;
import io.jukung.image.content.Digest;
import io.jukung.image.content.PartialBlobs;
import io.jukung.image.install.LayerInstaller;
import io.jukung.image.layer.ChainId;
import io.jukung.image.layer.LayerFormat;
import io.jukung.image.layer.LayerLimits;
import io.jukung.image.layer.LayerStore;
import io.jukung.image.layer.LayerStore.Layer;
import io.jukung.image.manifest.JsonDocument;
import io.jukung.image.manifest.ManifestDocument;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.signature.KeptSignature;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.DiskUsage;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The images on this node: {@link ImageCatalog} knows them, {@link Leases} knows who uses them,
 * {@link Pins} protects work under way, and {@link Sweeper} removes content that none of these
 * needs. One lock guards the changes of all four, so that a sweep sees one state of them.
 *
 * <p>Thread-safe. Questions are answered from memory without waiting.
 */
public final class ImageStore {
  private static final Logger log = LoggerFactory.getLogger(ImageStore.class);
  private static final long BLOCK_BYTES = 4096;

  /** As many as the readers of manifests take. */
  private static final int MAX_ANNOTATIONS = 1_000;

  private final StoreDirectories directories;
  private final LayerLimits limits;
  private final ContentStore content;
  private final LayerStore layers;
  private final BlobTransfers transfers;
  private final LayerInstaller installer;
  private final LayerRestorer restorer;

  private final ReentrantLock lock = new ReentrantLock();
  private final ImageCatalog catalog;
  private final Leases leases;
  private final Pins pins;
  private final Sweeper sweeper;

  private ImageStore(
      ImageStoreSettings settings,
      StoreDirectories directories,
      ContentStore content,
      LayerStore layers) {
    this.directories = directories;
    this.limits = settings.layerLimits();
    this.content = content;
    this.layers = layers;
    int processors = Math.max(2, Runtime.getRuntime().availableProcessors());
    this.transfers = new BlobTransfers(content, settings.maxDownloads());
    this.installer = new LayerInstaller(content, layers, transfers, processors);
    this.restorer = new LayerRestorer(content, layers, installer);
    this.catalog =
        new ImageCatalog(lock, directories, content, layers, restorer, settings.pinned());
    this.leases = new Leases(lock, directories.leases());
    this.pins = new Pins(lock);
    this.sweeper = new Sweeper(lock, content, layers, catalog, leases, pins);
  }

  /**
   * Opens the store. Unfinished work of an earlier process is removed, and so is content that no
   * image and no lease needs.
   */
  public static ImageStore open(ImageStoreSettings settings) throws IOException {
    StoreDirectories directories = new StoreDirectories(settings.root());
    directories.create();
    Path temporary = directories.temporary();
    PartialBlobs partial = new PartialBlobs(directories.partial(), temporary);
    partial.rescue();
    empty(temporary);
    ImageStore store =
        new ImageStore(
            settings,
            directories,
            ContentStore.open(directories.blobs(), temporary, partial),
            LayerStore.open(
                directories.layers(),
                temporary,
                settings.layerLimits(),
                layerFormat(settings, temporary)));
    store.leases.load();
    store.catalog.load();
    store.sweeper.sweep();
    return store;
  }

  /** Sets how many blobs are fetched at once from one registry, from now on. */
  public void limitDownloads(int maxDownloads) {
    transfers.limit(maxDownloads);
  }

  /** Removes what is in the directory. What cannot be removed stays, and the daemon starts. */
  private static void empty(Path directory) throws IOException {
    try (Fd parent = HostFile.openDirectory(directory)) {
      for (byte[] name : DirectoryListing.names(parent)) {
        Path unfinished = directory.resolve(new String(name, UTF_8));
        try {
          LayerStore.remove(directory, parent, name);
          log.info("removed {}, which was not finished", unfinished);
        } catch (ErrnoException e) {
          log.warn("{} was not finished, and cannot be removed: {}", unfinished, e.getMessage());
        }
      }
    }
  }

  private static LayerStore.FormatChoice layerFormat(ImageStoreSettings settings, Path temporary)
      throws IOException {
    if (settings.layerFormat().isEmpty()) {
      // Tries a mount, whose end the kernel lets wait: not before the first layer is made.
      return () -> LayerFormat.best(temporary);
    }
    LayerFormat format = settings.layerFormat().get();
    try {
      format.check(temporary);
    } catch (ErrnoException e) {
      throw new IOException(
          "image.layer_format is \"erofs\", which this node does not support: " + e.getMessage(),
          e);
    }
    return () -> format;
  }

  // ── images ─────────────────────────────────────────────────────────────────────────────────

  /**
   * Finds an image by its ID, a short ID of at least 12 digits, a tag, a digest, or a name without
   * tag. Text that is not a reference at all leads to no image.
   */
  public Optional<StoredImage> find(String idOrReference) {
    return catalog.find(idOrReference);
  }

  /**
   * Finds the images that were pulled by a name for other platforms than the node's, the newest
   * first.
   */
  public List<StoredImage> findForeign(ImageReference name) {
    return catalog.findForeign(name.withoutTagIfDigest().toString());
  }

  /** All images for users, sorted by ID. Results that builds keep are not among them. */
  public List<StoredImage> list() {
    return catalog.list();
  }

  /**
   * The directories of an image's layers, topmost first. Whether the layers are mounted there is
   * not looked at: {@link #acquire} mounts them.
   *
   * @throws CriException NOT_FOUND if there is no such image
   */
  public List<Path> lowerDirectories(String idOrReference) {
    List<ChainId> chain = catalog.require(idOrReference).chain();
    if (chain.isEmpty()) {
      return List.of(directories.empty());
    }
    List<Path> lowerDirectories = new ArrayList<>();
    for (ChainId chainId : chain) {
      layers.find(chainId).ifPresent(layer -> addAbove(lowerDirectories, layer));
    }
    return lowerDirectories.reversed();
  }

  /**
   * Lists an image whose content is complete in the store. Other images lose the tags that this
   * image gets.
   */
  public StoredImage register(ImageRecord image) throws IOException {
    return catalog.register(image);
  }

  /** The images that have a digest in a repository. */
  public List<ImageRecord> imagesOf(String repository) {
    String prefix = repository + "@";
    return catalog.records().stream()
        .filter(image -> image.repoDigests().stream().anyMatch(name -> name.startsWith(prefix)))
        .toList();
  }

  /**
   * What an image's signatures are checked with.
   *
   * @param documents the manifests and indexes by which the image came here
   * @param intermediate whether a build on this node has made it for later builds
   */
  public record Signed(
      List<Digest> documents, List<KeptSignature> signatures, boolean intermediate) {}

  /**
   * The signatures that were kept with an image.
   *
   * @throws CriException NOT_FOUND if there is no such image
   */
  public Signed signed(String idOrReference) {
    ImageRecord image = catalog.require(idOrReference);
    return new Signed(
        image.documents().stream().map(Digest::parse).toList(),
        image.keptSignatures(),
        image.intermediate());
  }

  /**
   * All annotations of the manifests and indexes by which an image came here (OCI image-spec,
   * annotations.md).
   *
   * @throws CriException NOT_FOUND if there is no such image
   */
  public Map<String, String> annotations(String idOrReference) throws IOException {
    Map<String, String> annotations = new HashMap<>();
    for (String digest : catalog.require(idOrReference).documents()) {
      byte[] document = content.read(Digest.parse(digest), ManifestDocument.MAX_BYTES);
      annotations.putAll(
          JsonDocument.parse("manifest " + digest, document)
              .stringMap("annotations", MAX_ANNOTATIONS));
    }
    return annotations;
  }

  /**
   * Gives an image a further tag; an image that had the tag loses it.
   *
   * @throws CriException NOT_FOUND if there is no such image, INVALID_ARGUMENT if {@code tag} is
   *     not a name with a tag
   */
  public StoredImage tag(String idOrReference, String tag) throws IOException {
    return catalog.tag(idOrReference, tag);
  }

  /**
   * Takes a tag from an image that has others.
   *
   * @throws CriException NOT_FOUND if no image has the tag, FAILED_PRECONDITION if it is the last
   *     one of its image, INVALID_ARGUMENT if {@code tag} is not a name with a tag
   */
  public StoredImage untag(String tag) throws IOException {
    return catalog.untag(tag);
  }

  /**
   * Gives an image the digest that it has in a repository, beside its other names.
   *
   * @param repository registry and repository
   * @throws CriException NOT_FOUND if there is no such image
   */
  public StoredImage addDigest(String id, String repository, Digest digest) throws IOException {
    return catalog.addDigest(id, repository + "@" + digest);
  }

  /**
   * The disk space of each layer of an image, bottom first; 0 for a layer that is lost.
   *
   * @throws CriException NOT_FOUND if there is no such image
   */
  public List<Long> layerBytes(String idOrReference) {
    return catalog.require(idOrReference).chain().stream()
        .map(layer -> layers.find(layer).map(each -> each.usage().bytes()).orElse(0L))
        .toList();
  }

  /**
   * The repositories of a registry that have a blob, as far as the names of the images here tell.
   *
   * @param domain the registry
   */
  public Set<String> repositoriesWith(Digest blob, String domain) {
    return catalog.repositoriesWith(blob, domain + "/");
  }

  /**
   * Removes an image with all its names, and the content that nothing else needs. Removing an image
   * that does not exist is a no-op.
   */
  public void remove(String idOrReference) throws IOException {
    if (catalog.remove(idOrReference)) {
      sweeper.sweep();
    }
  }

  /** The disk space of blobs, layers and records together, including the directories themselves. */
  public DiskUsage usage() throws IOException {
    long files = (long) directories.count() + catalog.records().size();
    return content.usage().plus(layers.usage()).plus(new DiskUsage(files * BLOCK_BYTES, files));
  }

  /** The disk space by kind of content, and what of it belongs to images that nobody uses. */
  public StoreUsage detailedUsage() throws IOException {
    return sweeper.usage();
  }

  /** The directory that images are kept in. */
  public Path root() {
    return directories.root();
  }

  // ── leases ─────────────────────────────────────────────────────────────────────────────────

  /**
   * Mounts the layers of an image and keeps them for the user until {@link #release}, across
   * restarts and even if the image is removed. Layers that are lost or damaged are made again from
   * their blobs. A user that has a lease on the image already keeps it.
   *
   * @param imageId as {@link #find} takes it
   * @param user such as a container's ID
   * @throws CriException NOT_FOUND if there is no such image, FAILED_PRECONDITION if the user has a
   *     lease on another image
   */
  public Rootfs acquire(String imageId, String user) throws IOException {
    Leases.checkUser(user);
    Lease lease = lease(imageId, user);
    restoreMissing(lease);
    return mount(lease);
  }

  private Lease lease(String imageId, String user) throws IOException {
    lock.lock();
    try {
      Optional<Lease> held = leases.find(user);
      if (held.isEmpty()) {
        ImageRecord image = catalog.require(imageId);
        Lease lease = new Lease(Lease.VERSION, user, image.id(), image.diffIds());
        leases.add(lease);
        return lease;
      }
      String wanted = catalog.find(imageId).map(StoredImage::id).orElse(imageId);
      if (!wanted.equals(held.get().imageId())) {
        throw CriException.failedPrecondition(
            "%s has a lease on image %s and cannot have one on %s too"
                .formatted(user, held.get().imageId(), imageId));
      }
      return held.get();
    } finally {
      lock.unlock();
    }
  }

  private void restoreMissing(Lease lease) throws IOException {
    List<ChainId> missing = new ArrayList<>();
    for (ChainId chainId : lease.chain()) {
      if (!restorer.ensureMounted(chainId)) {
        missing.add(chainId);
      }
    }
    if (missing.isEmpty() || catalog.record(lease.imageId()).isEmpty()) {
      return;
    }
    log.warn("image {} has lost layers, which are unpacked again: {}", lease.imageId(), missing);
    try (Pin pin = pin()) {
      restorer.restore(pinned(lease.imageId(), pin));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("restore layers of image " + lease.imageId());
    }
  }

  private Rootfs mount(Lease lease) throws IOException {
    if (lease.diffIds().isEmpty()) {
      return new Rootfs(List.of(directories.empty())); // overlayfs needs at least one directory
    }
    List<Path> lowerDirectories = new ArrayList<>();
    for (ChainId chainId : lease.chain()) {
      Optional<Layer> layer = layers.find(chainId);
      if (layer.isEmpty() || !restorer.ensureMounted(chainId)) {
        throw CriException.failedPrecondition(
            "layer %s of image %s is lost; remove the image and pull it again"
                .formatted(chainId, lease.imageId()));
      }
      addAbove(lowerDirectories, layer.get());
    }
    return new Rootfs(lowerDirectories.reversed());
  }

  private static void addAbove(List<Path> bottomFirst, Layer layer) {
    if (layer.hidesLower()) {
      bottomFirst.clear();
    }
    bottomFirst.add(layer.lowerDirectory());
  }

  /** Releases the user's lease. Releasing a lease that does not exist is a no-op. */
  public void release(String user) throws IOException {
    if (leases.remove(user)) {
      sweeper.sweep();
    }
  }

  /** All users that have a lease, also those whose lease is damaged. */
  public Set<String> leases() {
    return leases.users();
  }

  // ── for classes that bring images here ─────────────────────────────────────────────────────

  public ContentStore content() {
    return content;
  }

  public LayerInstaller installer() {
    return installer;
  }

  /** A directory for unfinished work, which is emptied when the store opens. */
  public Path temporary() {
    return directories.temporary();
  }

  public LayerLimits layerLimits() {
    return limits;
  }

  /** Opens a pin, which keeps content that is added to it from being swept until it is closed. */
  public Pin pin() {
    return pins.open(sweeper::sweep);
  }

  /**
   * Adds the blobs of an image to the pin.
   *
   * @throws CriException NOT_FOUND if there is no such image
   */
  public ImageRecord pinned(String idOrReference, Pin pin) {
    lock.lock();
    try {
      ImageRecord image = catalog.require(idOrReference);
      image.blobs().forEach(pin::addBlob);
      return image;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Mounts the layers of an image for work under way, without a lease.
   *
   * @param pin keeps the layers until it is closed
   * @return the directories of the layers, topmost first
   * @throws CriException NOT_FOUND if there is no such image, FAILED_PRECONDITION if a layer is
   *     lost
   */
  public List<Path> mountPinned(String imageId, Pin pin) throws IOException {
    ImageRecord image = pinned(imageId, pin);
    pin.addLayers(image.chain());
    Lease work = new Lease(Lease.VERSION, "work", image.id(), image.diffIds());
    restoreMissing(work);
    return mount(work).lowerDirectories();
  }

  /** The results that builds keep, by their IDs. */
  public Set<String> intermediates() {
    return catalog.records().stream()
        .filter(ImageRecord::intermediate)
        .map(ImageRecord::id)
        .collect(Collectors.toSet());
  }

  // ── for the check ──────────────────────────────────────────────────────────────────────────

  StoreDirectories directories() {
    return directories;
  }

  LayerStore layers() {
    return layers;
  }

  LayerRestorer restorer() {
    return restorer;
  }

  List<ImageRecord> records() {
    return catalog.records();
  }

  Set<String> usersOf(ChainId chainId) {
    return leases.usersOf(chainId);
  }

  List<String> strays(boolean remove) throws IOException {
    return sweeper.strays(remove);
  }
}
