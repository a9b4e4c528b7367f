package io.jukung.image.push;

import io.jukung.image.content.Digest;

/**
 * A blob that a repository must have before it can get the manifest.
 *
 * @param what the blob's part in the image, in words for messages
 */
record PushedBlob(Digest digest, long size, String what) {
  @Override
  public String toString() {
    return what + " " + digest;
  }
}
