package io.jukung.image.store;

import io.jukung.cri.CriException;
import io.jukung.image.content.ContentStore;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.Descriptor;
import io.jukung.image.manifest.ImageManifest;
import io.jukung.image.manifest.ManifestDocument;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A manifest of an image, as it came here.
 *
 * @param content its bytes
 * @param missing the layers whose blobs are not in the content store, because they were lost
 */
public record StoredManifest(
    Digest digest, byte[] content, ImageManifest manifest, List<Digest> missing) {

  /** The media type that the manifest states. */
  public String mediaType() {
    return ManifestDocument.mediaType(digest, content);
  }

  /**
   * Finds a manifest of an image. An image can have several, of which perhaps only one has all its
   * layers in the store: that one is preferred.
   *
   * @param image pinned by the caller
   * @param action what the image is wanted for, as in {@code "exported"}
   * @throws CriException FAILED_PRECONDITION for an artifact
   */
  public static StoredManifest of(ImageRecord image, ContentStore content, String action)
      throws IOException {
    if (image.isArtifact()) {
      throw CriException.failedPrecondition(
          "%s is an artifact: only images can be %s".formatted(image.id(), action));
    }
    List<StoredManifest> found = new ArrayList<>();
    for (String document : image.documents()) {
      Digest digest = Digest.parse(document);
      byte[] bytes = content.read(digest, ManifestDocument.MAX_BYTES);
      if (ManifestDocument.parse(digest, bytes, Optional.empty()) instanceof ImageManifest manifest
          && manifest.config().digest().toString().equals(image.id())) {
        List<Digest> missing =
            manifest.layers().stream()
                .map(Descriptor::digest)
                .filter(layer -> !content.contains(layer))
                .toList();
        found.add(new StoredManifest(digest, bytes, manifest, missing));
      }
    }
    return found.stream()
        .filter(each -> each.missing.isEmpty())
        .findFirst()
        .or(() -> found.stream().findFirst())
        .orElseThrow(
            () ->
                CriException.failedPrecondition(
                    "image %s cannot be %s: it has no manifest".formatted(image.id(), action)));
  }

  /**
   * Checks that the blobs of all layers are here.
   *
   * @throws CriException FAILED_PRECONDITION with the blobs that are missing
   */
  public StoredManifest whole(String image, String action) {
    if (!missing.isEmpty()) {
      throw CriException.failedPrecondition(
          "image %s cannot be %s: of its layers only the unpacked files are here, not %s"
              .formatted(
                  image,
                  action,
                  String.join(", ", missing.stream().map(Digest::toString).toList())));
    }
    return this;
  }
}
