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
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.fs.Sync;
import io.jukung.linux.fs.TreeRemoval;
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
 * layers/sha256-…/fs          the overlay lower directory
 * layers/sha256-…/layer.json  what it takes; measured anew where it is lost
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
  private static final String FS = "fs";
  private static final String RECORD = "layer.json";
  private static final AtomicLong NEXT = new AtomicLong();

  private final Path layers;
  private final Path temporary;
  private final LayerLimits limits;
  private final GroupSync sync;
  private final Map<ChainId, Layer> present = new ConcurrentHashMap<>();

  /**
   * A layer that is here.
   *
   * @param lowerDirectory for overlayfs
   */
  public record Layer(ChainId chainId, Path lowerDirectory, DiskUsage usage) {}

  private record LayerRecord(int version, String diffId, long bytes, long inodes) {}

  private LayerStore(Path layers, Path temporary, LayerLimits limits) {
    this.layers = layers;
    this.temporary = temporary;
    this.limits = limits;
    this.sync = new GroupSync(layers);
  }

  /**
   * Opens the store.
   *
   * @param temporary an existing directory on the same file system; what is in it is the caller's
   */
  public static LayerStore open(Path layers, Path temporary, LayerLimits limits)
      throws IOException {
    Files.createDirectories(layers);
    LayerStore store = new LayerStore(layers, temporary, limits);
    try (Fd directory = AtomicFile.openHostDirectory(layers)) {
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

  /** Begins a layer. Closing the draft removes it, unless it was published. */
  public LayerDraft draft() throws IOException {
    byte[] name = ("layer-" + NEXT.incrementAndGet()).getBytes(UTF_8);
    try (Fd parent = AtomicFile.openHostDirectory(temporary)) {
      TreeRemoval.remove(parent, name);
      DirectoryEntry.makeDirectory(parent, name, 0700);
    }
    return new LayerDraft(temporary.resolve(new String(name, UTF_8)), limits);
  }

  /** Returns when all that drafts have written so far is on disk; shared by all who wait. */
  public void sync() throws IOException, InterruptedException {
    sync.sync();
  }

  /**
   * Gives a complete layer its name, durably.
   *
   * @param draft unpacked, settled on the layers below, and synced since
   */
  public Layer publish(LayerDraft draft, ChainId chainId, Digest diffId) throws IOException {
    DiskUsage usage = measure(draft.directory());
    write(draft.directory(), diffId.toString(), usage);
    try (Fd from = AtomicFile.openHostDirectory(temporary);
        Fd to = AtomicFile.openHostDirectory(layers)) {
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
    try (Fd from = AtomicFile.openHostDirectory(layers);
        Fd to = AtomicFile.openHostDirectory(temporary)) {
      DirectoryEntry.renameToNew(from, chainId.fileName().getBytes(UTF_8), to, trash);
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENOENT)) {
        throw e;
      }
      log.warn("layer {} was to be removed and was gone already", chainId);
      return Removal.NOTHING;
    }
    return () -> {
      try (Fd parent = AtomicFile.openHostDirectory(temporary)) {
        TreeRemoval.remove(parent, trash);
      }
    };
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
    try (Fd directory = AtomicFile.openHostDirectory(layers)) {
      for (byte[] name : DirectoryListing.names(directory)) {
        String text = new String(name, UTF_8);
        if (!known.contains(text)) {
          strays.add(layers.resolve(text).toString());
          if (remove) {
            TreeRemoval.remove(directory, name);
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
        try (Fd parent = AtomicFile.openHostDirectory(layers)) {
          TreeRemoval.remove(parent, name.getBytes(UTF_8));
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
    try (Fd layer = AtomicFile.openHostDirectory(directory)) {
      LayerRecord stored =
          JSON.readValue(Openat2.readBounded(layer, RECORD, MAX_RECORD_BYTES), LayerRecord.class);
      if (stored.version == RECORD_VERSION) {
        return new DiskUsage(stored.bytes, stored.inodes);
      }
      log.warn("layer record {} has version {}; measuring anew", directory, stored.version);
    } catch (JsonProcessingException | ErrnoException e) {
      log.warn("layer record of {} is unreadable, measuring anew: {}", directory, e.getMessage());
    }
    DiskUsage usage = measure(directory);
    write(directory, "", usage);
    return usage;
  }

  private static DiskUsage measure(Path directory) throws ErrnoException {
    try (Fd layer = AtomicFile.openHostDirectory(directory)) {
      return DiskUsage.of(layer);
    }
  }

  private static void write(Path directory, String diffId, DiskUsage usage) throws IOException {
    LayerRecord layer = new LayerRecord(RECORD_VERSION, diffId, usage.bytes(), usage.inodes());
    AtomicFile.write(directory.resolve(RECORD), JSON.writeValueAsBytes(layer));
  }

  private Layer layer(ChainId chainId, DiskUsage usage) {
    return new Layer(chainId, layers.resolve(chainId.fileName()).resolve(FS), usage);
  }
}
