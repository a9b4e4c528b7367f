package io.jukung.image.buildcache;

import io.jukung.image.content.Digest;
import io.jukung.image.manifest.Descriptor;
import java.util.Optional;

/**
 * A step that later builds need not carry out, as it is recorded on disk.
 *
 * @param key identifies what goes into the step
 * @param instruction for people
 * @param imageId the result that the image store keeps: all layers with that of the step; empty for
 *     a step that has changed no file
 * @param diffId the digest of the layer's archive; empty as {@code imageId}
 * @param blob the digest of the compressed archive; empty as {@code imageId}
 * @param blobBytes the size of the compressed archive
 * @param bytes the disk space of the layer
 * @param createdAt seconds since the epoch
 * @param usedAt seconds since the epoch
 */
public record CacheEntry(
    int version,
    String key,
    String instruction,
    String imageId,
    String mediaType,
    String diffId,
    String blob,
    long blobBytes,
    long bytes,
    long createdAt,
    long usedAt) {
  /** The version of the record's form. */
  public static final int VERSION = 1;

  /**
   * Checks what was read from a file.
   *
   * @throws IllegalArgumentException for a record that is incomplete or of another version
   */
  public void check() {
    if (version != VERSION) {
      throw new IllegalArgumentException("its version is " + version + " and not " + VERSION);
    }
    if (key == null
        || !key.matches("[0-9a-f]{64}")
        || instruction == null
        || imageId == null
        || mediaType == null
        || diffId == null
        || blob == null) {
      throw new IllegalArgumentException("it is not complete");
    }
    if (!imageId.isEmpty()) {
      Digest.parse(imageId);
      Digest.parse(diffId);
      Digest.parse(blob);
    }
  }

  /** The layer; empty for a step that has changed no file. */
  public Optional<StageLayer> layer() {
    return imageId.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new StageLayer(
                Digest.parse(diffId), new Descriptor(mediaType, Digest.parse(blob), blobBytes)));
  }

  /** The same step, as a cache of another node says when it was made. */
  public CacheEntry createdAt(long seconds) {
    return new CacheEntry(
        version,
        key,
        instruction,
        imageId,
        mediaType,
        diffId,
        blob,
        blobBytes,
        bytes,
        seconds,
        usedAt);
  }

  /**
   * The same step with its result.
   *
   * @param image that the store keeps
   * @param layer the topmost one of that image
   * @param space the disk space of the layer
   */
  public CacheEntry of(String image, StageLayer layer, long space) {
    return new CacheEntry(
        version,
        key,
        instruction,
        image,
        layer.blob().mediaType(),
        layer.diffId().toString(),
        layer.blob().digest().toString(),
        layer.blob().size(),
        space,
        createdAt,
        usedAt);
  }

  public CacheEntry usedAt(long seconds) {
    return new CacheEntry(
        version,
        key,
        instruction,
        imageId,
        mediaType,
        diffId,
        blob,
        blobBytes,
        bytes,
        createdAt,
        seconds);
  }
}
