package io.jukung.image.push;

import io.jukung.cri.CriException;
import io.jukung.image.content.ContentStore;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.Descriptor;
import io.jukung.image.manifest.ImageIndex;
import io.jukung.image.manifest.ImageManifest;
import io.jukung.image.manifest.ManifestDocument;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.store.ImageRecord;
import io.jukung.image.store.StoredManifest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a push sends, in this order.
 *
 * @param blobs configurations and layers, each once
 * @param children the manifests that {@code top} names, if it is an index
 * @param top the document that gets the tag
 */
record PushPlan(List<PushedBlob> blobs, List<Document> children, Document top) {
  /** A manifest or index, byte for byte as it came here. */
  record Document(Digest digest, String mediaType, byte[] content) {}

  /** The manifest for this node's platform, which is what a pull keeps of an index. */
  static PushPlan ofImage(ImageRecord image, ContentStore content) throws IOException {
    StoredManifest stored = StoredManifest.of(image, content, "pushed");
    Map<Digest, PushedBlob> blobs = new LinkedHashMap<>();
    collect(stored.manifest(), blobs);
    Document top = new Document(stored.digest(), stored.mediaType(), stored.content());
    return new PushPlan(List.copyOf(blobs.values()), List.of(), top);
  }

  /**
   * The index by which the image came here, or which a build has made of it, with the images of all
   * platforms.
   *
   * @throws CriException FAILED_PRECONDITION if there is no index, or a part of it is not here
   */
  static PushPlan ofIndex(ImageRecord image, ContentStore content) throws IOException {
    // Of several indexes that a build has made the newest is the one that is meant.
    Collection<String> documents =
        image.index() == null ? image.documents() : List.of(image.index());
    for (String text : documents) {
      Digest digest = Digest.parse(text);
      byte[] bytes = content.read(digest, ManifestDocument.MAX_BYTES);
      if (ManifestDocument.parse(digest, bytes, Optional.empty()) instanceof ImageIndex index) {
        return of(new Document(digest, indexType(digest, bytes), bytes), index, content);
      }
    }
    throw CriException.failedPrecondition(
        "--all-platforms: image %s did not come here by an index and was not built for several"
            .formatted(image.id()));
  }

  private static String indexType(Digest digest, byte[] content) {
    String stated = ManifestDocument.mediaType(digest, content);
    return stated.equals(MediaType.OCI_MANIFEST.text()) ? MediaType.OCI_INDEX.text() : stated;
  }

  private static PushPlan of(Document top, ImageIndex index, ContentStore content)
      throws IOException {
    Map<Digest, PushedBlob> blobs = new LinkedHashMap<>();
    List<Document> children = new ArrayList<>();
    for (ImageIndex.Entry entry : index.entries()) {
      Descriptor child = entry.descriptor();
      if (!content.contains(child.digest())) {
        throw notKept(top, entry);
      }
      byte[] bytes = content.read(child.digest(), ManifestDocument.MAX_BYTES);
      if (!(ManifestDocument.parse(child.digest(), bytes, Optional.of(child.mediaType()))
          instanceof ImageManifest manifest)) {
        throw notKept(top, entry);
      }
      collect(manifest, blobs);
      children.add(new Document(child.digest(), child.mediaType(), bytes));
    }
    for (PushedBlob blob : blobs.values()) {
      if (!content.contains(blob.digest())) {
        throw CriException.failedPrecondition(
            "--all-platforms: %s of index %s is not here".formatted(blob, top.digest));
      }
    }
    return new PushPlan(List.copyOf(blobs.values()), List.copyOf(children), top);
  }

  private static CriException notKept(Document top, ImageIndex.Entry entry) {
    return CriException.failedPrecondition(
        "--all-platforms: of index %s a pull has kept this node's image only, not %s%s"
            .formatted(
                top.digest,
                entry.descriptor().digest(),
                entry.platform().map(platform -> " for " + platform).orElse("")));
  }

  /** Layers that must not be distributed stay where they are: the manifest says where. */
  private static void collect(ImageManifest manifest, Map<Digest, PushedBlob> blobs) {
    for (Descriptor layer : manifest.layers()) {
      if (MediaType.of(layer.mediaType()).filter(MediaType::isForeign).isEmpty()) {
        blobs.putIfAbsent(layer.digest(), new PushedBlob(layer.digest(), layer.size(), "layer"));
      }
    }
    Descriptor config = manifest.config();
    blobs.putIfAbsent(
        config.digest(), new PushedBlob(config.digest(), config.size(), "configuration"));
  }
}
