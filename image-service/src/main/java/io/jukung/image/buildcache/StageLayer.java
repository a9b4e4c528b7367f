package io.jukung.image.buildcache;

import io.jukung.image.content.Digest;
import io.jukung.image.layer.ChainId;
import io.jukung.image.manifest.Descriptor;
import java.util.List;

/**
 * A layer of an image that is built.
 *
 * @param blob the compressed archive
 */
public record StageLayer(Digest diffId, Descriptor blob) {
  /** Identifies the files that layers have together. */
  public static String chain(List<StageLayer> layers) {
    return layers.isEmpty()
        ? "scratch"
        : ChainId.of(layers.stream().map(StageLayer::diffId).toList()).getLast().toString();
  }
}
