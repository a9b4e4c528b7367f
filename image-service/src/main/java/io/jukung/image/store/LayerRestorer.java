package io.jukung.image.store;

import io.jukung.image.content.ContentStore;
import io.jukung.image.content.Digest;
import io.jukung.image.install.LayerInstaller;
import io.jukung.image.install.PullListener;
import io.jukung.image.install.WantedLayer;
import io.jukung.image.layer.ChainId;
import io.jukung.image.layer.LayerDraft;
import io.jukung.image.layer.LayerStore;
import io.jukung.image.layer.LayerStore.Layer;
import io.jukung.image.layer.TreeDifference;
import io.jukung.image.manifest.ArtifactManifest;
import io.jukung.image.manifest.ImageManifest;
import io.jukung.image.manifest.ManifestDocument;
import io.jukung.linux.fs.Fd;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Checks an image's layers against the blobs they came from, and makes them anew from those. */
public final class LayerRestorer {
  private final ContentStore content;
  private final LayerStore layers;
  private final LayerInstaller installer;

  LayerRestorer(ContentStore content, LayerStore layers, LayerInstaller installer) {
    this.content = content;
    this.layers = layers;
    this.installer = installer;
  }

  /** Whether the layer is known and to be seen on disk; what is in it is not looked at. */
  boolean isThere(ChainId chainId) {
    return layers.find(chainId).filter(layers::mount).isPresent();
  }

  /**
   * Makes the layers that are not there, from blobs only.
   *
   * @param image pinned or leased
   */
  void restore(ImageRecord image) throws IOException, InterruptedException {
    List<WantedLayer> wanted = wanted(image);
    for (WantedLayer layer : wanted) {
      if (!isThere(layer.chainId())) {
        layers.detach(layer.chainId()).finish();
      }
    }
    installer.install(
        wanted,
        (digest, _, _) -> {
          throw new IOException("blob " + digest + " is not here");
        },
        PullListener.SILENT);
  }

  /**
   * Each layer with the blob that makes it.
   *
   * @throws IOException where one's blob is not here
   */
  List<WantedLayer> wanted(ImageRecord image) throws IOException {
    if (image.isArtifact()) {
      List<WantedLayer> files = WantedLayer.of(artifact(image));
      for (WantedLayer file : files) {
        if (!content.contains(file.blob().digest())) {
          throw new IOException("no blob of layer " + file.chainId() + " is here");
        }
      }
      return files;
    }
    List<Digest> diffIds = image.diffIds().stream().map(Digest::parse).toList();
    List<ChainId> chain = ChainId.of(diffIds);
    List<ImageManifest> manifests = manifests(image);
    List<WantedLayer> wanted = new ArrayList<>();
    for (int i = 0; i < chain.size(); i++) {
      int index = i;
      wanted.add(
          manifests.stream()
              .map(manifest -> WantedLayer.of(manifest, diffIds).get(index))
              .filter(layer -> content.contains(layer.blob().digest()))
              .findFirst()
              .orElseThrow(
                  () -> new IOException("no blob of layer " + chain.get(index) + " is here")));
    }
    return wanted;
  }

  private ArtifactManifest artifact(ImageRecord image) throws IOException {
    Digest id = Digest.parse(image.id());
    byte[] bytes = content.read(id, ManifestDocument.MAX_BYTES);
    if (ManifestDocument.parse(id, bytes, Optional.empty()) instanceof ArtifactManifest manifest) {
      return manifest;
    }
    throw new IOException("manifest " + id + " is not an artifact's");
  }

  /** Those by which the image came here. */
  private List<ImageManifest> manifests(ImageRecord image) throws IOException {
    List<ImageManifest> manifests = new ArrayList<>();
    for (String document : image.documents()) {
      Digest digest = Digest.parse(document);
      if (content.contains(digest)
          && ManifestDocument.parse(
                  digest, content.read(digest, ManifestDocument.MAX_BYTES), Optional.empty())
              instanceof ImageManifest manifest
          && manifest.config().digest().toString().equals(image.id())
          && manifest.layers().size() == image.diffIds().size()) {
        manifests.add(manifest);
      }
    }
    return manifests;
  }

  /**
   * Compares a layer with a fresh unpacking of its blob.
   *
   * @param below the layers that it stands on, topmost first
   * @return what is wrong with it, in words
   */
  Optional<String> damage(WantedLayer layer, List<Layer> below) throws IOException {
    Optional<Layer> present = layers.find(layer.chainId());
    if (present.isEmpty() || !isThere(layer.chainId())) {
      return Optional.of("is missing");
    }
    List<Fd> trees = new ArrayList<>();
    try (LayerDraft fresh = layers.draft(present.get().format())) {
      layer.unpack(fresh, content.open(layer.blob().digest()), below.isEmpty());
      for (Layer each : below) {
        trees.add(layers.openTree(each));
      }
      fresh.settle(trees);
      return difference(fresh, present.get()).map(what -> "is damaged: " + what);
    } finally {
      trees.forEach(Fd::close);
    }
  }

  /** An image that has rotted cannot be read: the fresh one is known to be good. */
  private Optional<String> difference(LayerDraft fresh, Layer present) throws IOException {
    try (Fd expected = fresh.openTree()) {
      try (Fd actual = layers.openTree(present)) {
        return TreeDifference.find(expected, actual);
      } catch (IOException e) {
        return Optional.of("it cannot be read: " + e.getMessage());
      }
    }
  }
}
