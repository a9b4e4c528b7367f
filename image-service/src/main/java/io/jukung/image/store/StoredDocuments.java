package io.jukung.image.store;

import io.jukung.image.content.ContentStore;
import io.jukung.image.content.Digest;
import java.io.IOException;

/** Reads manifests and configurations out of the content store. */
record StoredDocuments(ContentStore content) {
  /**
   * Reads a small blob and verifies it.
   *
   * @throws IncompleteImageException if the blob is not in the store or is corrupt
   * @throws IOException if the blob could not be read, which says nothing about its content
   */
  byte[] read(Digest digest, int maxBytes) throws IOException {
    if (!content.contains(digest)) {
      throw new IncompleteImageException("blob " + digest + " is not in the store");
    }
    try {
      return content.read(digest, maxBytes);
    } catch (IOException e) {
      if (!content.isIntact(digest)) {
        throw new IncompleteImageException(String.valueOf(e.getMessage()));
      }
      throw e;
    }
  }
}
