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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The unpacked layers, one directory per chain id. A layer's directory has its name only once it is
 * complete, verified and on disk, so being there is all that has to be checked of it.
 *
 * <pre>
 * layers/sha256-…/fs           the overlay lower directory
 * layers/sha256-…/layer.erofs  in the EROFS format: what is mounted there when it is used
 * layers/sha256-…/layer.json   what it takes; measured anew where it is lost
 * </pre>
 *
 * <p>Thread-safe. That no two threads make the same layer, and none removes what another needs, is
 * the caller's to see to.
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
  private final LayerFormat format;
  private final GroupSync sync;
  private final Object mounting = new Object();
  private final Map<ChainId, Layer> present = new ConcurrentHashMap<>();

  /**
   * A layer that is here.
   *
   * @param lowerDirectory for overlayfs; of an image only while it is {@linkplain #mount mounted}
   */
  public record Layer(ChainId chainId, LayerFormat format, Path lowerDirectory, DiskUsage usage) {}

  private record LayerRecord(int version, String diffId, long bytes, long inodes) {}

  private LayerStore(Path layers, Path temporary, LayerLimits limits, LayerFormat format) {
    this.layers = layers;
    this.temporary = temporary;
    this.limits = limits;
    this.format = format;
    this.sync = new GroupSync(layers);
  }

  /**
   * Opens the store.
   *
   * @param temporary an existing directory on the same file system; what is in it is the caller's
   * @param format of the layers to come, where they are not too large for it
   */
  public static LayerStore open(Path layers, Path temporary, LayerLimits limits, LayerFormat format)
      throws IOException {
    Files.createDirectories(layers);
    LayerStore store = new LayerStore(layers, temporary, limits, format);
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

  /** What all layers take together. */
  public DiskUsage usage() {
    return present.values().stream().map(Layer::usage).reduce(DiskUsage.NONE, DiskUsage::plus);
  }

  /** The format of the layers to come. */
  public LayerFormat format() {
    return format;
  }

  /** Begins a layer. Closing the draft removes it, unless it was published. */
  public LayerDraft draft(LayerFormat format) throws IOException {
    byte[] name = ("layer-" + NEXT.incrementAndGet()).getBytes(UTF_8);
    try (Fd parent = HostFile.openDirectory(temporary)) {
      TreeRemoval.remove(parent, name);
      DirectoryEntry.makeDirectory(parent, name, 0700);
    }
    return new LayerDraft(temporary.resolve(new String(name, UTF_8)), format, limits, sync);
  }

  // ── looking at layers ──────────────────────────────────────────────────────────────────────

  /** The layer's tree, whether or not it is mounted. */
  public Fd openTree(Layer layer) throws IOException {
    return switch (layer.format) {
      case DIRECTORY -> HostFile.openDirectory(layer.lowerDirectory);
      case EROFS -> ErofsTree.open(image(layer));
    };
  }

  /**
   * Sees to it that the layer's files are in its lower directory. It stays mounted until the layer
   * goes: one mount, and one copy in memory, for all its containers.
   *
   * @return false where it is lost from the disk, or damaged so that it cannot be mounted
   */
  public boolean mount(Layer layer) {
    if (layer.format == LayerFormat.DIRECTORY) {
      return Files.isDirectory(layer.lowerDirectory);
    }
    synchronized (mounting) {
      try {
        if (!isMounted(layer)) {
          try (Fd mount = ErofsMount.detached(image(layer))) {
            Mounts.attach(mount, layer.lowerDirectory);
          }
        }
        return true;
      } catch (ErrnoException e) {
        log.warn("layer {} cannot be mounted: {}", layer.chainId, e.getMessage());
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
   * Gives a complete layer its name, durably.
   *
   * @param draft unpacked, settled on the layers below, and synced since
   */
  public Layer publish(LayerDraft draft, ChainId chainId, Digest diffId) throws IOException {
    DiskUsage usage = DiskUsage.of(draft.directory());
    write(draft.directory(), diffId.toString(), usage);
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
    Layer layer = layer(chainId, usage);
    present.put(chainId, layer);
    return layer;
  }

  /**
   * Takes the layer out of the store at once; the removal frees its files. Between the two the
   * layer may already be made anew.
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
      log.warn("layer {} was to be removed and was gone already", chainId);
      return Removal.NOTHING;
    }
    return () -> {
      try (Fd parent = HostFile.openDirectory(temporary)) {
        remove(temporary, parent, trash);
      }
    };
  }

  /**
   * Removes what may be the directory of a layer, with its mount.
   *
   * @param parent {@code path}, open
   */
  public static void remove(Path path, Fd parent, byte[] name) throws ErrnoException {
    Mounts.detach(path.resolve(new String(name, UTF_8)).resolve(FS));
    TreeRemoval.remove(parent, name);
  }

  /**
   * What is among the layers and is none.
   *
   * @param remove whether to remove it
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
      if (!Files.isDirectory(directory.resolve(FS))) {
        // Its name is free then for the layer that is made anew.
        log.warn("layer directory {} has no {} and is removed", directory, FS);
        try (Fd parent = HostFile.openDirectory(layers)) {
          remove(layers, parent, name.getBytes(UTF_8));
        }
        return;
      }
      present.put(chainId, layer(chainId, usage(directory)));
    } catch (IllegalArgumentException | IOException e) {
      log.warn("{} in {} is left out: {}", name, layers, e.getMessage());
    }
  }

  /** From the record; a lost record costs a count of the files, never the layer. */
  private static DiskUsage usage(Path directory) throws IOException {
    try (Fd layer = HostFile.openDirectory(directory)) {
      LayerRecord stored =
          JSON.readValue(Openat2.readBounded(layer, RECORD, MAX_RECORD_BYTES), LayerRecord.class);
      if (stored.version == RECORD_VERSION) {
        return new DiskUsage(stored.bytes, stored.inodes);
      }
      log.warn("layer record {} has version {}; measuring anew", directory, stored.version);
    } catch (JsonProcessingException | ErrnoException e) {
      log.warn("layer record of {} is unreadable, measuring anew: {}", directory, e.getMessage());
    }
    DiskUsage usage = DiskUsage.of(directory);
    write(directory, "", usage);
    return usage;
  }

  private static void write(Path directory, String diffId, DiskUsage usage) throws IOException {
    LayerRecord layer = new LayerRecord(RECORD_VERSION, diffId, usage.bytes(), usage.inodes());
    AtomicFile.write(directory.resolve(RECORD), JSON.writeValueAsBytes(layer));
  }

  private Layer layer(ChainId chainId, DiskUsage usage) {
    Path directory = layers.resolve(chainId.fileName());
    boolean isImage = Files.exists(directory.resolve(IMAGE));
    return new Layer(
        chainId, isImage ? LayerFormat.EROFS : LayerFormat.DIRECTORY, directory.resolve(FS), usage);
  }
}
