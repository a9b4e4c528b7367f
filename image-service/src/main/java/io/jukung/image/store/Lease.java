package io.jukung.image.store;

import io.jukung.image.content.Digest;
import io.jukung.image.layer.ChainId;
import java.util.List;

/**
 * A user's hold on the layers of an image, as it is recorded on disk.
 *
 * @param user such as a container's ID
 * @param diffIds bottom first; they are recorded here too because the image's own record may be
 *     removed before the lease
 */
record Lease(int version, String user, String imageId, List<String> diffIds) {
  static final int VERSION = 1;

  /**
   * @throws IllegalArgumentException for a lease that is incomplete or of another version
   */
  void check() {
    // Jackson sets fields to null that the file does not have.
    if (version != VERSION || user == null || imageId == null || diffIds == null) {
      throw new IllegalArgumentException("it is not complete or of another version");
    }
    diffIds.forEach(Digest::parse);
  }

  /** The chain IDs of the layers, bottom first. */
  List<ChainId> chain() {
    return ChainId.of(diffIds.stream().map(Digest::parse).toList());
  }
}
