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
 * One layer of an image, with what makes it.
 *
 * @param path where the blob is not an archive but the layer's one file, as in an artifact
 */
public record WantedLayer(ChainId chainId, Digest diffId, Descriptor blob, Optional<String> path) {
  /** The layers of an image. */
  public static List<WantedLayer> of(ImageManifest manifest, List<Digest> diffIds) {
    List<ChainId> chain = ChainId.of(diffIds);
    List<WantedLayer> wanted = new ArrayList<>();
    for (int i = 0; i < chain.size(); i++) {
      Descriptor blob = manifest.layers().get(i);
      wanted.add(new WantedLayer(chain.get(i), diffIds.get(i), blob, Optional.empty()));
    }
    return wanted;
  }

  /** The files of an artifact, a layer for each. */
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

  /** Unpacks the blob, which this closes. */
  public void unpack(LayerDraft draft, InputStream content, boolean bottom) throws IOException {
    if (path.isPresent()) {
      draft.place(content, blob.digest(), blob.size(), path.get());
    } else {
      draft.unpack(content, diffId, bottom);
    }
  }
}
