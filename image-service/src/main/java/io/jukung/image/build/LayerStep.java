package io.jukung.image.build;

import io.jukung.cri.CriException;
import io.jukung.image.buildcache.CacheEntry;
import io.jukung.image.buildcache.CacheKey;
import io.jukung.image.buildcache.ChainImages;
import io.jukung.image.buildcache.StageLayer;
import io.jukung.image.commit.CompressedLayer;
import io.jukung.image.manifest.Descriptor;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.sharedcache.ImportedSteps;
import io.jukung.image.sharedcache.SharedStep;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileTime;
import io.jukung.linux.mount.OverlayMount;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A step that may make a layer: looks for it in the cache, has it made otherwise, and puts it into
 * the cache. For one thread.
 */
final class LayerStep {
  private final BuildTools tools;
  private final StageState state;
  private final Steps.Running step;

  LayerStep(BuildTools tools, StageState state, Steps.Running step) {
    this.tools = tools;
    this.state = state;
    this.step = step;
  }

  /** What files are copied on. */
  enum Below {
    /** The image so far. */
    IMAGE,
    /** Nothing, so that links of the image do not lead the copies elsewhere (COPY --link). */
    NOTHING
  }

  /** Changes files. */
  @FunctionalInterface
  interface Work {
    /**
     * Does the work.
     *
     * @param root what is changed
     * @param image the image so far, for the names of users
     */
    void on(Fd root, Fd image) throws IOException, InterruptedException;
  }

  /** Makes a layer. */
  @FunctionalInterface
  interface Making {
    /** The changes; empty if there are none. */
    Optional<CompressedLayer> make(OverlayWork overlays) throws IOException, InterruptedException;
  }

  /** Begins the key of a step on the layers so far. */
  CacheKey key(String kind) {
    CacheKey key = new CacheKey(StageLayer.chain(state.layers()), kind);
    return key.add(tools.epoch().map(Instant::toString).orElse(""));
  }

  Steps.Running step() {
    return step;
  }

  /** Carries out a step that changes files of the image. */
  void run(CacheKey key, String text, Below below, Work work)
      throws IOException, InterruptedException {
    run(
        key,
        text,
        overlays -> {
          List<Path> lowers = tools.images().mounted(state.layers());
          if (below == Below.IMAGE) {
            return overlays.run(lowers, root -> work.on(root, root));
          }
          try (Fd image = OverlayMount.detachedReadOnly(lowers)) {
            return overlays.run(tools.images().mounted(List.of()), root -> work.on(root, image));
          }
        });
  }

  /**
   * Carries out a step.
   *
   * @param text the instruction, for the history of the image
   */
  void run(CacheKey key, String text, Making making) throws IOException, InterruptedException {
    String name = key.text();
    Optional<CacheEntry> cached =
        tools.settings().noCache() ? Optional.empty() : tools.images().cached(name);
    if (cached.isEmpty() && !tools.settings().noCache()) {
      cached = imported(name, text);
    }
    CacheEntry entry = cached.isPresent() ? cached.get() : made(name, text, making);
    tools.used().add(entry);
    Optional<StageLayer> layer = entry.layer();
    String created = tools.epoch().orElse(Instant.ofEpochSecond(entry.createdAt())).toString();
    layer.ifPresent(each -> state.add(each, created));
    state.settings().addHistory(created, text, layer.isPresent());
    step.done(cached.isPresent());
  }

  /**
   * Takes the step from another node's cache. It does not become a part of the cache of this node,
   * because other builds have not named the one that it comes from. If its layer cannot be had, or
   * is not what it should be, the step is carried out.
   */
  private Optional<CacheEntry> imported(String key, String text) throws InterruptedException {
    Optional<ImportedSteps.Found> found = tools.imported().find(key);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    SharedStep shared = found.get().step();
    CacheEntry entry = entry(key, text, "", "", "", "", 0, 0).createdAt(shared.createdAt());
    if (shared.layer().isEmpty()) {
      return Optional.of(entry);
    }
    StageLayer layer = shared.layer().get();
    List<StageLayer> layers = new ArrayList<>(state.layers());
    layers.add(layer);
    try {
      ChainImages.Kept kept = tools.images().fetch(layers, found.get().registry());
      long bytes = tools.images().topBytes(kept.imageId());
      return Optional.of(entry.of(kept.imageId(), kept.top(), bytes));
    } catch (InterruptedIOException e) {
      Thread.currentThread().interrupt();
      throw (InterruptedException) new InterruptedException("import a step").initCause(e);
    } catch (IOException | CriException e) {
      tools.listener().warning("a step of an imported cache cannot be used: " + e.getMessage());
      return Optional.empty();
    }
  }

  private CacheEntry made(String key, String text, Making making)
      throws IOException, InterruptedException {
    Optional<FileTime> newest = tools.epoch().map(at -> new FileTime(at.getEpochSecond(), 0));
    Optional<CompressedLayer> made = making.make(new OverlayWork(tools.temporary(), newest));
    CacheEntry entry;
    if (made.isEmpty()) {
      entry = entry(key, text, "", "", "", "", 0, 0);
    } else {
      try (CompressedLayer top = made.get()) {
        List<StageLayer> layers = new ArrayList<>(state.layers());
        String type = MediaType.OCI_LAYER_GZIP.text();
        layers.add(new StageLayer(top.diffId(), new Descriptor(type, top.digest(), top.size())));
        ChainImages.Kept kept = tools.images().add(layers, top);
        Descriptor blob = kept.top().blob();
        entry =
            entry(
                key,
                text,
                kept.imageId(),
                blob.mediaType(),
                top.diffId().toString(),
                blob.digest().toString(),
                blob.size(),
                tools.images().topBytes(kept.imageId()));
      }
    }
    tools.cache().put(entry);
    return entry;
  }

  private CacheEntry entry(
      String key,
      String text,
      String image,
      String type,
      String diffId,
      String blob,
      long blobBytes,
      long bytes) {
    long now = tools.cache().now();
    return new CacheEntry(
        CacheEntry.VERSION, key, text, image, type, diffId, blob, blobBytes, bytes, now, now);
  }
}
