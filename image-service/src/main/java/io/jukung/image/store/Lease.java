package io.jukung.image.store;

import io.jukung.image.content.Digest;
import java.util.List;

/**
 * A user's hold on an image's layers, as it stands on disk.
 *
 * @param diffIds bottom first: the image's own record may be gone
 */
record Lease(int version, String user, String imageId, List<String> diffIds) {
  static final int VERSION = 1;

  /**
   * @throws IllegalArgumentException for a lease that is not whole
   */
  void check() {
    if (version != VERSION || user == null || imageId == null || diffIds == null) {
      throw new IllegalArgumentException("it is not complete or of another version");
    }
    diffIds.forEach(Digest::parse);
  }
}
