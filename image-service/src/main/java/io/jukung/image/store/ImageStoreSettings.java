package io.jukung.image.store;

import io.jukung.image.layer.LayerFormat;
import io.jukung.image.layer.LayerLimits;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * The settings of the image store.
 *
 * @param root the directory of all images; made if it does not exist, with mode 0700
 * @param layerFormat the format of new layers; empty for the best format that the kernel supports
 * @param maxDownloads how many blobs are fetched at once from one registry, by all pulls together
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
