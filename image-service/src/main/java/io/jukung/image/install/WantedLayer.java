package io.jukung.image.install;

import io.jukung.image.content.Digest;
import io.jukung.image.layer.ChainId;
import io.jukung.image.layer.LayerDraft;
import io.jukung.image.manifest.ArtifactManifest;
import io.jukung.image.manifest.Descriptor;
import io.jukung.image.manifest.ImageManifest;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A layer of an image, with the blob that it is made from.
 *
 * @param path the path of the file that the blob is, in an artifact; empty if the blob is an
 *     archive
 */
public record WantedLayer(ChainId chainId, Digest diffId, Descriptor blob, Optional<String> path) {
  /** The layers of an image, bottom first. */
  public static List<WantedLayer> of(ImageManifest manifest, List<Digest> diffIds) {
    List<ChainId> chain = ChainId.of(diffIds);
    List<WantedLayer> wanted = new ArrayList<>();
    for (int i = 0; i < chain.size(); i++) {
      Descriptor blob = manifest.layers().get(i);
      wanted.add(new WantedLayer(chain.get(i), diffIds.get(i), blob, Optional.empty()));
    }
    return wanted;
  }

  /** The files of an artifact, with a layer for each file. */
  public static List<WantedLayer> of(ArtifactManifest manifest) {
    List<Digest> ids = manifest.files().stream().map(ArtifactManifest.File::layerId).toList();
    List<ChainId> chain = ChainId.of(ids);
    List<WantedLayer> wanted = new ArrayList<>();
    for (int i = 0; i < chain.size(); i++) {
      ArtifactManifest.File file = manifest.files().get(i);
      wanted.add(new WantedLayer(chain.get(i), ids.get(i), file.blob(), Optional.of(file.path())));
    }
    return wanted;
  }

  /**
   * Unpacks the blob.
   *
   * @param content the blob; closed by this method
   * @param bottom whether this is the lowest layer of the image
   */
  public void unpack(LayerDraft draft, InputStream content, boolean bottom) throws IOException {
    if (path.isPresent()) {
      draft.place(content, blob.digest(), blob.size(), path.get());
    } else {
      draft.unpack(content, diffId, bottom);
    }
  }
}
