package io.jukung.image.peer;

import io.jukung.cri.CriException;
import io.jukung.image.content.ContentStore;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.ArtifactManifest;
import io.jukung.image.manifest.Descriptor;
import io.jukung.image.manifest.ImageIndex;
import io.jukung.image.manifest.ImageManifest;
import io.jukung.image.manifest.ManifestDocument;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.store.ImageRecord;
import io.jukung.image.store.ImageStore;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The content of this node's images that other nodes may have: of each image that a repository has
 * given without credentials, and of images that the operator shares by name. Content is found by
 * its digest in a repository, and only if a manifest of that repository leads to it: a layer that
 * came here with another repository's image is not given away under this one's name.
 *
 * <p>The store keeps the blobs of a layer after it was unpacked, as long as an image needs them.
 * Thread-safe.
 */
public final class SharedContent {
  private static final Logger log = LoggerFactory.getLogger(SharedContent.class);

  /** Far above the documents by which one image comes here. */
  private static final int MAX_DEPTH = 4;

  private final ImageStore store;
  private final List<String> shared;

  /**
   * Shares images of a store.
   *
   * @param shared repositories, beginnings of repositories, or registries whose images are given to
   *     others in any case
   */
  public SharedContent(ImageStore store, List<String> shared) {
    this.store = store;
    this.shared = List.copyOf(shared);
  }

  /**
   * Content that may be given to others.
   *
   * @param mediaType of a manifest or index; empty for other blobs
   * @param size in bytes
   */
  public record Found(Digest digest, Optional<String> mediaType, long size) {}

  /**
   * Finds content.
   *
   * @param repository registry and repository
   * @return empty if there is none, or others may not have it
   */
  public Optional<Found> find(String repository, Digest digest) {
    ContentStore content = store.content();
    if (!content.contains(digest)) {
      return Optional.empty();
    }
    for (ImageRecord image : store.imagesOf(repository)) {
      if (image.isOpenIn(repository) || isShared(repository)) {
        Optional<Found> found = find(image, repository, digest);
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Opens content that was found.
   *
   * @throws IOException also if it was removed since
   */
  public FileChannel open(Found found) throws IOException {
    return store.content().openChannel(found.digest());
  }

  private boolean isShared(String repository) {
    return shared.stream()
        .anyMatch(name -> repository.equals(name) || repository.startsWith(name + "/"));
  }

  private Optional<Found> find(ImageRecord image, String repository, Digest wanted) {
    String prefix = repository + "@";
    for (String name : image.repoDigests()) {
      if (name.startsWith(prefix)) {
        try {
          Digest top = Digest.parse(name.substring(prefix.length()));
          Optional<Found> found = below(image, top, wanted, 0);
          if (found.isPresent()) {
            return found;
          }
        } catch (IOException | CriException | IllegalArgumentException e) {
          log.debug("{} is not shared: {}", name, e.getMessage()); // damaged: nobody gets it
        }
      }
    }
    return Optional.empty();
  }

  /** Follows the documents by which an image came here, from one of them on. */
  private Optional<Found> below(ImageRecord image, Digest document, Digest wanted, int depth)
      throws IOException {
    ContentStore content = store.content();
    if (depth == MAX_DEPTH
        || !image.documents().contains(document.toString())
        || !content.contains(document)) {
      return Optional.empty();
    }
    byte[] bytes = content.read(document, ManifestDocument.MAX_BYTES);
    ManifestDocument parsed = ManifestDocument.parse(document, bytes, Optional.empty());
    if (document.equals(wanted)) {
      return Optional.of(
          new Found(wanted, Optional.of(mediaType(parsed, document, bytes)), bytes.length));
    }
    return switch (parsed) {
      case ImageManifest manifest ->
          blob(
              wanted,
              manifest.config().digest().equals(wanted)
                  || manifest.layers().stream().anyMatch(each -> isGiven(each, wanted)));
      case ArtifactManifest artifact ->
          blob(wanted, artifact.files().stream().anyMatch(file -> isGiven(file.blob(), wanted)));
      case ImageIndex index -> {
        for (ImageIndex.Entry entry : index.entries()) {
          Optional<Found> found = below(image, entry.descriptor().digest(), wanted, depth + 1);
          if (found.isPresent()) {
            yield found;
          }
        }
        yield Optional.empty();
      }
    };
  }

  private Optional<Found> blob(Digest wanted, boolean isNamed) {
    return isNamed
        ? Optional.of(new Found(wanted, Optional.empty(), store.content().size(wanted)))
        : Optional.empty();
  }

  /** Layers that must not be distributed are given to nobody. */
  private static boolean isGiven(Descriptor blob, Digest wanted) {
    return blob.digest().equals(wanted)
        && MediaType.of(blob.mediaType()).filter(MediaType::isForeign).isEmpty();
  }

  private static String mediaType(ManifestDocument parsed, Digest digest, byte[] bytes) {
    String stated = ManifestDocument.mediaType(digest, bytes);
    return parsed instanceof ImageIndex && stated.equals(MediaType.OCI_MANIFEST.text())
        ? MediaType.OCI_INDEX.text()
        : stated;
  }
}
