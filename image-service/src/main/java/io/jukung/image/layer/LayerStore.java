package io.jukung.image.layer;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.image.content.Digest;
import io.jukung.image.content.Removal;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.DiskUsage;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.fs.Sync;
import io.jukung.linux.fs.TreeRemoval;
import io.jukung.linux.mount.ErofsMount;
import io.jukung.linux.mount.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The unpacked layers, with one directory per chain ID. A directory gets its name only when the
 * layer is complete, verified and on disk. So a layer whose directory exists is complete.
 *
 * <pre>
 * layers/sha256-…/fs           the overlay lower directory
 * layers/sha256-…/layer.erofs  only in the EROFS format: the image that is mounted on fs
 * layers/sha256-…/layer.json   the disk space of the layer; measured again if the file is lost
 * </pre>
 *
 * <p>Thread-safe. The caller ensures that no two threads make the same layer, and that no layer is
 * removed while it is needed.
 */
public final class LayerStore {
  private static final Logger log = LoggerFactory.getLogger(LayerStore.class);
  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final int RECORD_VERSION = 1;
  private static final int MAX_RECORD_BYTES = 64 * 1024;
  static final String FS = "fs";
  static final String IMAGE = "layer.erofs";
  private static final String RECORD = "layer.json";
  private static final AtomicLong NEXT = new AtomicLong();

  private final Path layers;
  private final Path temporary;
  private final LayerLimits limits;
  private final FormatChoice choice;
  private final GroupSync sync;

  /** Null until the first layer is made. Guarded by the choice. */
  private @Nullable LayerFormat format;

  private final Object mounting = new Object();
  private final Map<ChainId, Layer> present = new ConcurrentHashMap<>();

  /** Finds out which format new layers get. */
  @FunctionalInterface
  public interface FormatChoice {
    LayerFormat choose() throws IOException;
  }

  /**
   * A layer in the store.
   *
   * @param lowerDirectory the directory for overlayfs; in the EROFS format it is empty until the
   *     layer is {@linkplain #ensureMounted mounted}
   * @param hidesLower whether the layers below must be left out of a mount, because the root of
   *     this layer is opaque
   */
  public record Layer(
      ChainId chainId,
      LayerFormat format,
      Path lowerDirectory,
      DiskUsage usage,
      boolean hidesLower) {}

  /**
   * @param hidesLower absent in records of older releases, which did not know such layers
   */
  private record LayerRecord(
      int version, String diffId, long bytes, long inodes, boolean hidesLower) {
    DiskUsage usage() {
      return new DiskUsage(bytes, inodes);
    }
  }

  private LayerStore(Path layers, Path temporary, LayerLimits limits, FormatChoice choice) {
    this.layers = layers;
    this.temporary = temporary;
    this.limits = limits;
    this.choice = choice;
    this.sync = new GroupSync(layers);
  }

  /**
   * Opens the store.
   *
   * @param temporary an existing directory on the same file system, which the caller empties
   * @param format the format of new layers that are not too large for it
   */
  public static LayerStore open(Path layers, Path temporary, LayerLimits limits, LayerFormat format)
      throws IOException {
    return open(layers, temporary, limits, () -> format);
  }

  /**
   * Opens the store, as the other method does.
   *
   * @param choice is asked when the first layer is made, and not again
   */
  public static LayerStore open(
      Path layers, Path temporary, LayerLimits limits, FormatChoice choice) throws IOException {
    Files.createDirectories(layers);
    LayerStore store = new LayerStore(layers, temporary, limits, choice);
    try (Fd directory = HostFile.openDirectory(layers)) {
      for (byte[] name : DirectoryListing.names(directory)) {
        store.load(new String(name, UTF_8));
      }
    }
    return store;
  }

  public Optional<Layer> find(ChainId chainId) {
    return Optional.ofNullable(present.get(chainId));
  }

  public Set<ChainId> chainIds() {
    return Set.copyOf(present.keySet());
  }

  /** The disk space of all layers together. */
  public DiskUsage usage() {
    return present.values().stream().map(Layer::usage).reduce(DiskUsage.NONE, DiskUsage::plus);
  }

  /** The format of new layers. */
  public LayerFormat format() throws IOException {
    synchronized (choice) {
      LayerFormat known = format;
      if (known == null) {
        known = choice.choose();
        format = known;
      }
      return known;
    }
  }

  /** Begins a new layer. Closing the draft removes the layer, unless it was published. */
  public LayerDraft draft(LayerFormat format) throws IOException {
    byte[] name = ("layer-" + NEXT.incrementAndGet()).getBytes(UTF_8);
    try (Fd parent = HostFile.openDirectory(temporary)) {
      TreeRemoval.remove(parent, name);
      DirectoryEntry.makeDirectory(parent, name, 0700);
    }
    return new LayerDraft(temporary.resolve(new String(name, UTF_8)), format, limits, sync);
  }

  // ── looking at layers ──────────────────────────────────────────────────────────────────────

  /**
   * Opens the root directory of a layer, whether or not the layer is mounted.
   *
   * @throws LayerDamagedException if the layer's files are lost or damaged
   */
  public Fd openTree(Layer layer) throws IOException {
    try {
      return switch (layer.format) {
        case DIRECTORY -> HostFile.openDirectory(layer.lowerDirectory);
        case EROFS -> ErofsTree.open(image(layer));
      };
    } catch (ErrnoException e) {
      throw explained("open", layer, e);
    }
  }

  /** Whether the layer's directory or image has disappeared from the disk. */
  public boolean isLost(Layer layer) {
    return Files.notExists(layer.lowerDirectory)
        || (layer.format == LayerFormat.EROFS && Files.notExists(image(layer)));
  }

  /**
   * Makes the layer's files visible in its lower directory. The layer stays mounted until it is
   * removed, so that all containers share one mount and one copy in memory.
   *
   * @throws LayerDamagedException if the layer's files are lost or damaged
   */
  public void ensureMounted(Layer layer) throws IOException {
    if (layer.format == LayerFormat.DIRECTORY) {
      openTree(layer).close();
      return;
    }
    synchronized (mounting) {
      try {
        if (!isMounted(layer)) {
          try (Fd mount = ErofsMount.detached(image(layer))) {
            Mounts.attach(mount, layer.lowerDirectory);
          }
        }
      } catch (ErrnoException e) {
        throw explained("mount", layer, e);
      }
    }
  }

  /** Tells damage of a layer from a failure of the node. */
  private IOException explained(String action, Layer layer, ErrnoException e) {
    boolean damaged =
        LayerDamagedException.isLoss(e)
            || (LayerDamagedException.isDamage(e) && nodeSupports(layer.format));
    return damaged
        ? new LayerDamagedException(
            "%s layer %s: %s".formatted(action, layer.chainId, e.getMessage()), e)
        : e;
  }

  /** Whether this node can mount a new, empty layer of the format at this moment. */
  private boolean nodeSupports(LayerFormat format) {
    synchronized (mounting) {
      try {
        format.check(temporary);
        return true;
      } catch (IOException e) {
        log.warn("layers of format {} cannot be mounted on this node: {}", format, e.getMessage());
        return false;
      }
    }
  }

  private static boolean isMounted(Layer layer) throws ErrnoException {
    try (Fd root = HostFile.openDirectory(layer.lowerDirectory)) {
      return ErofsMount.holds(root);
    }
  }

  private Path image(Layer layer) {
    return layers.resolve(layer.chainId.fileName()).resolve(IMAGE);
  }

  // ── coming and going ───────────────────────────────────────────────────────────────────────

  /**
   * Adds a complete layer to the store, also on disk.
   *
   * @param draft unpacked, settled on the layers below, and synced after that
   */
  public Layer publish(LayerDraft draft, ChainId chainId, Digest diffId) throws IOException {
    LayerRecord stored = record(draft.directory(), diffId.toString(), draft.hidesLower());
    write(draft.directory(), stored);
    try (Fd from = HostFile.openDirectory(temporary);
        Fd to = HostFile.openDirectory(layers)) {
      DirectoryEntry.renameToNew(
          from,
          draft.directory().getFileName().toString().getBytes(UTF_8),
          to,
          chainId.fileName().getBytes(UTF_8));
      draft.published();
      Sync.file(to);
    }
    Layer layer = layer(chainId, stored);
    present.put(chainId, layer);
    return layer;
  }

  /**
   * Takes the layer out of the store at once. The removal that is returned removes its files;
   * before that, the layer can already be made again.
   */
  public Removal detach(ChainId chainId) throws IOException {
    if (present.remove(chainId) == null) {
      return Removal.NOTHING;
    }
    byte[] trash = ("removed-layer-" + NEXT.incrementAndGet()).getBytes(UTF_8);
    try (Fd from = HostFile.openDirectory(layers);
        Fd to = HostFile.openDirectory(temporary)) {
      DirectoryEntry.renameToNew(from, chainId.fileName().getBytes(UTF_8), to, trash);
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENOENT)) {
        throw e;
      }
      log.warn("layer {} was to be removed, and its directory did not exist any more", chainId);
      return Removal.NOTHING;
    }
    return () -> {
      try (Fd parent = HostFile.openDirectory(temporary)) {
        remove(temporary, parent, trash);
      }
    };
  }

  /**
   * Removes a directory, which may be that of a layer with a mount in it.
   *
   * @param path the directory that {@code name} is in
   * @param parent the same directory, open
   */
  public static void remove(Path path, Fd parent, byte[] name) throws ErrnoException {
    Mounts.detach(path.resolve(new String(name, UTF_8)).resolve(FS));
    TreeRemoval.remove(parent, name);
  }

  /**
   * Finds files in the store's directory that belong to no layer.
   *
   * @param remove whether to remove the files
   */
  public List<String> strays(boolean remove) throws IOException {
    List<String> strays = new ArrayList<>();
    Set<String> known = new HashSet<>();
    present.keySet().forEach(chainId -> known.add(chainId.fileName()));
    try (Fd directory = HostFile.openDirectory(layers)) {
      for (byte[] name : DirectoryListing.names(directory)) {
        String text = new String(name, UTF_8);
        if (!known.contains(text)) {
          strays.add(layers.resolve(text).toString());
          if (remove) {
            remove(layers, directory, name);
          }
        }
      }
    }
    return strays;
  }

  private void load(String name) {
    try {
      ChainId chainId = ChainId.ofFileName(name);
      Path directory = layers.resolve(name);
      if (Files.notExists(directory.resolve(FS))) {
        // The name must be free when the layer is made again.
        log.warn("layer directory {} has no {} and is removed", directory, FS);
        try (Fd parent = HostFile.openDirectory(layers)) {
          remove(layers, parent, name.getBytes(UTF_8));
        }
        return;
      }
      present.put(chainId, layer(chainId, read(directory)));
    } catch (IllegalArgumentException | IOException e) {
      log.warn("{} in {} is ignored: {}", name, layers, e.getMessage());
    }
  }

  /** Reads the layer's record. If the record is lost, the files are looked at again. */
  private static LayerRecord read(Path directory) throws IOException {
    try (Fd layer = HostFile.openDirectory(directory)) {
      LayerRecord stored =
          JSON.readValue(Openat2.readBounded(layer, RECORD, MAX_RECORD_BYTES), LayerRecord.class);
      if (stored != null && stored.version == RECORD_VERSION) {
        return stored;
      }
      log.warn("layer record {} has another version; measuring again", directory);
    } catch (JsonProcessingException | ErrnoException e) {
      log.warn("layer record of {} is unreadable, measuring again: {}", directory, e.getMessage());
    }
    LayerRecord stored = record(directory, "", hidesLower(directory));
    write(directory, stored);
    return stored;
  }

  private static boolean hidesLower(Path directory) {
    Path image = directory.resolve(IMAGE);
    try (Fd root =
        Files.exists(image)
            ? ErofsTree.open(image)
            : HostFile.openDirectory(directory.resolve(FS))) {
      return ExtendedAttributes.get(root, TreeCursor.OPAQUE).isPresent();
    } catch (IOException e) {
      log.warn("layer {} cannot be opened: {}", directory, e.getMessage());
      return false; // a layer with damaged files is made again when it is used
    }
  }

  private static LayerRecord record(Path directory, String diffId, boolean hidesLower)
      throws IOException {
    DiskUsage usage = DiskUsage.of(directory);
    return new LayerRecord(RECORD_VERSION, diffId, usage.bytes(), usage.inodes(), hidesLower);
  }

  private static void write(Path directory, LayerRecord layer) throws IOException {
    AtomicFile.write(directory.resolve(RECORD), JSON.writeValueAsBytes(layer));
  }

  private Layer layer(ChainId chainId, LayerRecord stored) {
    Path directory = layers.resolve(chainId.fileName());
    LayerFormat found =
        Files.exists(directory.resolve(IMAGE)) ? LayerFormat.EROFS : LayerFormat.DIRECTORY;
    return new Layer(chainId, found, directory.resolve(FS), stored.usage(), stored.hidesLower);
  }
}
