package io.jukung.image.store;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.jukung.image.content.Digest;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * An image as it stands on disk. What is under its digests is in the stores.
 *
 * @param id digest of the configuration; of the manifest, where it is an artifact
 * @param documents manifests and indexes that led here
 * @param layers compressed blobs, of all manifests that led here
 * @param diffIds bottom first
 * @param pinned whether it was brought here to stay; absent in records of older releases
 */
public record ImageRecord(
    int version,
    String id,
    Set<String> documents,
    Set<String> layers,
    List<String> diffIds,
    Set<String> repoTags,
    Set<String> repoDigests,
    String pulledAt,
    boolean pinned) {
  public static final int VERSION = 1;

  /**
   * @throws IllegalArgumentException for a record that is not whole
   */
  void check() {
    if (version != VERSION) {
      throw new IllegalArgumentException("its version is " + version + " and not " + VERSION);
    }
    // Jackson leaves null what is missing.
    if (id == null
        || documents == null
        || layers == null
        || diffIds == null
        || repoTags == null
        || repoDigests == null
        || pulledAt == null) {
      throw new IllegalArgumentException("it is not complete");
    }
    Digest.parse(id);
    documents.forEach(Digest::parse);
    layers.forEach(Digest::parse);
    diffIds.forEach(Digest::parse);
  }

  /** Whether it is files to be mounted, and no container's image. */
  @JsonIgnore // Jackson takes it for a property otherwise, which readers of the record do not know
  public boolean isArtifact() {
    return documents.contains(id);
  }

  /** Everything that is kept for it in the content store. */
  public Set<String> blobs() {
    Set<String> blobs = new TreeSet<>(documents);
    blobs.addAll(layers);
    blobs.add(id);
    return blobs;
  }

  public ImageRecord withNames(Set<String> tags, Set<String> digests) {
    return new ImageRecord(
        version, id, documents, layers, diffIds, tags, digests, pulledAt, pinned);
  }

  public ImageRecord asPinned() {
    return new ImageRecord(
        version, id, documents, layers, diffIds, repoTags, repoDigests, pulledAt, true);
  }
}
