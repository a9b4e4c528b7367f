package io.jukung.image.store;

import io.jukung.image.layer.LayerFormat;
import io.jukung.image.layer.LayerLimits;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * How images are kept.
 *
 * @param root the directory of all images; made with mode 0700
 * @param layerFormat of layers to come; empty: the best that the kernel has
 * @param maxDownloads blobs fetched at once, over all pulls
 * @param pinned references of images that the node's garbage collection must keep, normalised
 */
public record ImageStoreSettings(
    Path root,
    LayerLimits layerLimits,
    Optional<LayerFormat> layerFormat,
    int maxDownloads,
    Set<String> pinned) {
  private static final int DEFAULT_MAX_DOWNLOADS = 8;

  public static ImageStoreSettings of(Path root) {
    return new ImageStoreSettings(
        root, LayerLimits.DEFAULT, Optional.empty(), DEFAULT_MAX_DOWNLOADS, Set.of());
  }
}
