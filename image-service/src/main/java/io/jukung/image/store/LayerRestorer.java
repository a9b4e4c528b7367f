package io.jukung.image.store;

import io.jukung.image.content.ContentStore;
import io.jukung.image.content.Digest;
import io.jukung.image.install.LayerInstaller;
import io.jukung.image.install.PullListener;
import io.jukung.image.install.WantedLayer;
import io.jukung.image.layer.ChainId;
import io.jukung.image.layer.LayerDamagedException;
import io.jukung.image.layer.LayerDraft;
import io.jukung.image.layer.LayerStore;
import io.jukung.image.layer.LayerStore.Layer;
import io.jukung.image.layer.LowerTree;
import io.jukung.image.layer.TreeDifference;
import io.jukung.image.manifest.ArtifactManifest;
import io.jukung.image.manifest.ImageManifest;
import io.jukung.image.manifest.ManifestDocument;
import io.jukung.linux.fs.Fd;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compares an image's layers with their blobs, and makes layers again from these blobs. */
final class LayerRestorer {
  private static final Logger log = LoggerFactory.getLogger(LayerRestorer.class);

  private final ContentStore content;
  private final LayerStore layers;
  private final LayerInstaller installer;

  LayerRestorer(ContentStore content, LayerStore layers, LayerInstaller installer) {
    this.content = content;
    this.layers = layers;
    this.installer = installer;
  }

  /**
   * Makes a layer's files visible in its lower directory. The content of the files is not checked.
   *
   * @return false if the layer is not in the store, or its files are lost or damaged
   * @throws IOException if the attempt failed for a reason that says nothing about the layer
   */
  boolean ensureMounted(ChainId chainId) throws IOException {
    Optional<Layer> layer = layers.find(chainId);
    if (layer.isEmpty()) {
      return false;
    }
    try {
      layers.ensureMounted(layer.get());
      return true;
    } catch (LayerDamagedException e) {
      log.warn("{}", e.getMessage());
      return false;
    }
  }

  /**
   * Makes the layers again that are lost or damaged. Nothing is fetched for that.
   *
   * @param image pinned or leased
   */
  void restore(ImageRecord image) throws IOException, InterruptedException {
    List<WantedLayer> wanted = wanted(image);
    for (WantedLayer layer : wanted) {
      if (!ensureMounted(layer.chainId())) {
        layers.detach(layer.chainId()).finish();
      }
    }
    installer.install(
        wanted,
        (digest, _, _) -> {
          throw new IOException("blob " + digest + " is not in the store");
        },
        PullListener.NONE);
  }

  /**
   * Finds the blob of each layer of an image.
   *
   * @throws IncompleteImageException if a layer's blob is not in the store
   */
  List<WantedLayer> wanted(ImageRecord image) throws IOException {
    if (image.isArtifact()) {
      List<WantedLayer> files = WantedLayer.of(artifact(image));
      for (WantedLayer file : files) {
        if (!content.contains(file.blob().digest())) {
          throw noBlob(file.chainId());
        }
      }
      return files;
    }
    List<Digest> diffIds = image.diffIds().stream().map(Digest::parse).toList();
    List<ChainId> chain = image.chain();
    List<ImageManifest> manifests = manifests(image);
    List<WantedLayer> wanted = new ArrayList<>();
    for (int i = 0; i < chain.size(); i++) {
      int index = i;
      wanted.add(
          manifests.stream()
              .map(manifest -> WantedLayer.of(manifest, diffIds).get(index))
              .filter(layer -> content.contains(layer.blob().digest()))
              .findFirst()
              .orElseThrow(() -> noBlob(chain.get(index))));
    }
    return wanted;
  }

  private static IncompleteImageException noBlob(ChainId chainId) {
    return new IncompleteImageException("no blob of layer " + chainId + " is in the store");
  }

  private ArtifactManifest artifact(ImageRecord image) throws IOException {
    Digest id = Digest.parse(image.id());
    if (manifest(id) instanceof ArtifactManifest manifest) {
      return manifest;
    }
    throw new IncompleteImageException("manifest " + id + " is not the manifest of an artifact");
  }

  /** The manifests by which the image came here, as far as they are in the store. */
  private List<ImageManifest> manifests(ImageRecord image) throws IOException {
    List<ImageManifest> manifests = new ArrayList<>();
    for (String document : image.documents()) {
      Digest digest = Digest.parse(document);
      if (content.contains(digest)
          && manifest(digest) instanceof ImageManifest manifest
          && manifest.config().digest().toString().equals(image.id())
          && manifest.layers().size() == image.diffIds().size()) {
        manifests.add(manifest);
      }
    }
    return manifests;
  }

  private ManifestDocument manifest(Digest digest) throws IOException {
    byte[] document = new StoredDocuments(content).read(digest, ManifestDocument.MAX_BYTES);
    return ManifestDocument.parse(digest, document, Optional.empty());
  }

  /**
   * Compares a layer with a fresh unpacking of its blob.
   *
   * @param below the layers below, bottom first
   * @return a description of the first difference, or empty if there is none
   * @throws IOException if the comparison failed for a reason that says nothing about the layer
   */
  Optional<String> damage(WantedLayer layer, List<? extends LowerTree> below)
      throws IOException, InterruptedException {
    Optional<Layer> present = layers.find(layer.chainId());
    if (present.isEmpty() || layers.isLost(present.get())) {
      return Optional.of("is missing");
    }
    try (LayerDraft fresh = layers.draft(present.get().format())) {
      layer.unpack(fresh, content.open(layer.blob().digest()), below.isEmpty());
      fresh.settle(below.reversed());
      return difference(fresh, present.get()).map(what -> "is damaged: " + what);
    }
  }

  private Optional<String> difference(LayerDraft fresh, Layer present) throws IOException {
    try (Fd expected = fresh.openTree()) {
      try (Fd actual = layers.openTree(present)) {
        return TreeDifference.find(expected, actual);
      } catch (IOException e) {
        if (LayerDamagedException.isShownBy(e)) {
          return Optional.of("it cannot be read: " + e.getMessage());
        }
        throw e;
      }
    }
  }
}
