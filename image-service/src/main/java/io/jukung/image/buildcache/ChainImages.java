package io.jukung.image.buildcache;

import io.jukung.cri.CriException;
import io.jukung.image.commit.CompressedLayer;
import io.jukung.image.content.Digest;
import io.jukung.image.install.PullListener;
import io.jukung.image.layer.ChainId;
import io.jukung.image.layer.HashingInputStream;
import io.jukung.image.layer.LayerFormatException;
import io.jukung.image.manifest.ConfigDocument;
import io.jukung.image.manifest.Descriptor;
import io.jukung.image.manifest.FetchedManifest;
import io.jukung.image.manifest.ImageSource;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.manifest.Platform;
import io.jukung.image.pull.ImageInstaller;
import io.jukung.image.store.ImageRecord;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.Pin;
import io.jukung.image.store.StoredImage;
import io.jukung.image.store.StoredManifest;
import io.jukung.image.tar.Decompression;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The images of one build: those that it is based on, intermediate ones for the layers so far, and
 * the new one. Closing it lets go what nothing else needs. Thread-safe.
 */
public final class ChainImages implements AutoCloseable {
  private final ImageStore store;
  private final BuildCache cache;
  private final Pin pin;
  private final Set<String> held = new HashSet<>();

  public ChainImages(ImageStore store, BuildCache cache) {
    this.store = store;
    this.cache = cache;
    this.pin = store.pin();
  }

  /**
   * An image that a stage is based on.
   *
   * @param configuration its document
   */
  public record Base(List<StageLayer> layers, byte[] configuration) {}

  /**
   * Reads an image of the store, which is kept until the build ends.
   *
   * @throws CriException FAILED_PRECONDITION if only its unpacked files are here
   */
  public Base base(StoredImage image) throws IOException {
    ImageRecord record = store.pinned(image.id(), pin);
    StoredManifest manifest =
        StoredManifest.of(record, store.content(), "built on").whole(image.id(), "built on");
    List<StageLayer> layers = new ArrayList<>();
    for (int i = 0; i < record.diffIds().size(); i++) {
      Descriptor blob = manifest.manifest().layers().get(i);
      layers.add(new StageLayer(Digest.parse(record.diffIds().get(i)), asOci(blob)));
    }
    return new Base(
        List.copyOf(layers),
        store.content().read(Digest.parse(record.id()), ConfigDocument.MAX_BYTES));
  }

  /**
   * Docker's types of layers mean the same as those of the OCI, whose manifest the build writes.
   */
  private static Descriptor asOci(Descriptor blob) {
    MediaType type = MediaType.of(blob.mediaType()).orElse(null);
    MediaType oci =
        type == null
            ? null
            : switch (type) {
              case DOCKER_LAYER -> MediaType.OCI_LAYER;
              case DOCKER_LAYER_GZIP -> MediaType.OCI_LAYER_GZIP;
              case DOCKER_LAYER_ZSTD -> MediaType.OCI_LAYER_ZSTD;
              case OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD -> type;
              case OCI_FOREIGN_LAYER, OCI_FOREIGN_LAYER_GZIP, OCI_FOREIGN_LAYER_ZSTD -> type;
              case DOCKER_FOREIGN_LAYER_GZIP -> MediaType.OCI_FOREIGN_LAYER_GZIP;
              case OCI_INDEX, DOCKER_INDEX, OCI_MANIFEST, DOCKER_MANIFEST -> null;
              case DOCKER_SCHEMA1, DOCKER_SCHEMA1_SIGNED, OCI_CONFIG, DOCKER_CONFIG -> null;
            };
    if (oci == null) {
      throw CriException.failedPrecondition(
          "layer %s is of the type \"%s\", which no image can be built on"
              .formatted(blob.digest(), blob.mediaType()));
    }
    return new Descriptor(oci.text(), blob.digest(), blob.size());
  }

  /**
   * The directories of layers, topmost first.
   *
   * @param layers bottom first
   */
  public List<Path> mounted(List<StageLayer> layers) throws IOException, InterruptedException {
    return store.mountPinned(intermediate(layers), pin);
  }

  /**
   * Has the store keep layers as an image until the build ends.
   *
   * @return the image's ID
   */
  public String intermediate(List<StageLayer> layers) throws IOException, InterruptedException {
    byte[] configuration = configuration(layers);
    return keep(configuration, layers, new Parts(configuration, null));
  }

  /**
   * Layers that the store keeps until the build ends.
   *
   * @param imageId the intermediate image
   * @param top the topmost layer, with the blob that the store has of it
   */
  public record Kept(String imageId, StageLayer top) {}

  /**
   * Brings a layer into the store that another node has made. A blob is refused that is another one
   * than the layer says, and one whose archive is not the layer, even if the files of the layer are
   * in the store already.
   *
   * @param layers with that layer at the end
   */
  public Kept fetch(List<StageLayer> layers, ImageSource registry)
      throws IOException, InterruptedException {
    Optional<Kept> there = find(layers);
    if (there.isPresent()) {
      return there.get();
    }
    byte[] configuration = configuration(layers);
    String id = hold(configuration);
    ImageRecord image =
        install(configuration, layers, new Parts(configuration, registry), Set.of());
    requireArchive(layers.getLast());
    var _ = store.register(image.asIntermediate());
    return new Kept(id, layers.getLast());
  }

  private void requireArchive(StageLayer layer) throws IOException {
    Digest expected = layer.diffId();
    long maxBytes = store.layerLimits().maxBytes();
    try (InputStream plain = Decompression.open(store.content().open(layer.blob().digest()));
        var archive = new HashingInputStream(plain, expected.algorithm(), maxBytes)) {
      var _ = archive.transferTo(OutputStream.nullOutputStream());
      Digest found = archive.digest();
      if (!found.equals(expected)) {
        throw new LayerFormatException(
            "layer %s: its uncompressed bytes are %s and its step says %s"
                .formatted(layer.blob().digest(), found, expected));
      }
    }
  }

  /**
   * Brings a new layer into the store. If an earlier build has made the same files, its blob
   * serves, which need not have the same bytes: another library may have compressed it.
   *
   * @param layers with the new one at the end
   */
  public Kept add(List<StageLayer> layers, CompressedLayer top)
      throws IOException, InterruptedException {
    Optional<Kept> there = find(layers);
    return there.isPresent() ? there.get() : added(layers, top);
  }

  private Kept added(List<StageLayer> layers, CompressedLayer top)
      throws IOException, InterruptedException {
    top.moveInto(store.content(), pin);
    byte[] configuration = configuration(layers);
    ImageRecord image = install(configuration, layers, new Parts(configuration, null), Set.of());
    var _ = store.register(image.asIntermediate());
    return new Kept(image.id(), layers.getLast());
  }

  /** Finds the intermediate image of layers, if the blob of the topmost one is here. */
  private Optional<Kept> find(List<StageLayer> layers) throws IOException {
    String id = hold(configuration(layers));
    if (store.find(id).isEmpty()) {
      return Optional.empty();
    }
    StoredManifest stored = StoredManifest.of(store.pinned(id, pin), store.content(), "built on");
    Descriptor blob = asOci(stored.manifest().layers().getLast());
    return store.content().contains(blob.digest())
        ? Optional.of(new Kept(id, new StageLayer(layers.getLast().diffId(), blob)))
        : Optional.empty();
  }

  private static byte[] configuration(List<StageLayer> layers) {
    return BuiltDocuments.intermediate(layers.stream().map(StageLayer::diffId).toList());
  }

  /**
   * Makes an image that the store keeps without a name until the build ends.
   *
   * @param configuration its document
   * @return the image's ID
   */
  public String unnamed(byte[] configuration, List<StageLayer> layers)
      throws IOException, InterruptedException {
    return keep(configuration, layers, new Parts(configuration, null));
  }

  private String keep(byte[] configuration, List<StageLayer> layers, Parts parts)
      throws IOException, InterruptedException {
    String id = hold(configuration);
    if (store.find(id).isEmpty()) {
      ImageRecord image = install(configuration, layers, parts, Set.of());
      var _ = store.register(image.asIntermediate());
    }
    return id;
  }

  /** Keeps the image with this document from being removed with the cache. Returns its ID. */
  private String hold(byte[] configuration) {
    String id = Digest.sha256(configuration).toString();
    synchronized (held) {
      if (held.add(id)) {
        cache.hold(id);
      }
    }
    return id;
  }

  /** Finds a step in the cache, and keeps its layer until the build ends. */
  public Optional<CacheEntry> cached(String key) throws IOException {
    Optional<CacheEntry> found = cache.find(key);
    if (found.isPresent() && !found.get().imageId().isEmpty()) {
      String id = found.get().imageId();
      synchronized (held) {
        if (!held.add(id)) {
          cache.holdOnce(id);
        }
      }
      pin.addLayers(
          ChainId.of(store.pinned(id, pin).diffIds().stream().map(Digest::parse).toList()));
    }
    return found;
  }

  /** The disk space of the topmost layer of an image. */
  public long topBytes(String imageId) {
    return store.layerBytes(imageId).getLast();
  }

  /**
   * Makes the image that the build is for.
   *
   * @param tags complete names
   */
  public StoredImage finish(byte[] configuration, List<StageLayer> layers, Set<String> tags)
      throws IOException, InterruptedException {
    return store.register(install(configuration, layers, new Parts(configuration, null), tags));
  }

  /**
   * An image of one platform.
   *
   * @param configuration its document
   */
  public record Finished(Platform platform, byte[] configuration, List<StageLayer> layers) {}

  /**
   * Makes the images of several platforms that the build is for, and their index. The one that this
   * node can run, or else the first one, gets the names, and keeps the content of the others.
   *
   * @param tags complete names
   */
  public StoredImage finish(List<Finished> images, Set<String> tags)
      throws IOException, InterruptedException {
    List<BuiltDocuments.Listed> listed = new ArrayList<>();
    Set<String> manifests = new TreeSet<>();
    Set<String> blobs = new TreeSet<>();
    @Nullable ImageRecord named = null;
    for (Finished each : images) {
      byte[] manifest = BuiltDocuments.manifest(each.configuration, each.layers);
      listed.add(new BuiltDocuments.Listed(each.platform, manifest));
      manifests.add(Digest.sha256(manifest).toString());
      blobs.add(Digest.sha256(each.configuration).toString());
      each.layers.forEach(layer -> blobs.add(layer.blob().digest().toString()));
      ImageRecord image =
          install(each.configuration, each.layers, new Parts(each.configuration, null), tags);
      if (named == null || each.platform.isSame(Platform.current())) {
        named = image;
      }
    }
    byte[] index = BuiltDocuments.index(listed);
    Digest digest = Digest.sha256(index);
    pin.addBlob(digest);
    store.content().put(digest, index);
    return store.register(
        Objects.requireNonNull(named, "no image").withIndex(digest, manifests, blobs));
  }

  private ImageRecord install(
      byte[] configuration, List<StageLayer> layers, Parts parts, Set<String> tags)
      throws IOException, InterruptedException {
    byte[] manifest = BuiltDocuments.manifest(configuration, layers);
    var document =
        new FetchedManifest(
            Digest.sha256(manifest), manifest, Optional.of(MediaType.OCI_MANIFEST.text()));
    return new ImageInstaller(store, pin, parts, PullListener.NONE, Platform.current())
        .prepare(document, tags, /* repositories= */ Set.of());
  }

  @Override
  public void close() throws IOException {
    Set<String> mine;
    synchronized (held) {
      mine = Set.copyOf(held);
      held.clear();
    }
    try {
      cache.release(mine);
    } finally {
      pin.close();
    }
  }

  /** The content that is not in the store yet. */
  private record Parts(byte[] configuration, @Nullable ImageSource registry)
      implements ImageSource {
    @Override
    public String origin() {
      return registry == null ? "" : registry.origin();
    }

    @Override
    public boolean rejectDelivered(Digest digest) {
      return registry != null && registry.rejectDelivered(digest);
    }

    @Override
    public FetchedManifest manifest(Digest digest) throws IOException {
      throw new IOException("manifest " + digest + " is not a part of the new image");
    }

    @Override
    public void fetch(Digest digest, long size, Sink sink)
        throws IOException, InterruptedException {
      if (digest.matches(configuration)) {
        sink.write(configuration, (int) sink.position(), configuration.length);
      } else if (registry != null) {
        registry.fetch(digest, size, sink);
      } else {
        throw new IOException("blob " + digest + " is not in the store");
      }
    }
  }
}
