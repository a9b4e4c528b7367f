package io.jukung.cli.image;

import io.jukung.client.v1.BlobProgress;
import io.jukung.client.v1.LayerProgress;

/**
 * How a layer or another blob gets on, on its way to or from a registry.
 *
 * @param words what happens to it
 * @param moving whether its bytes are on their way
 * @param doneBytes how many of totalBytes have moved
 */
record Transfer(String digest, String words, boolean moving, long doneBytes, long totalBytes) {
  static Transfer of(LayerProgress layer) {
    String words =
        switch (layer.getPhase()) {
          case WAITING -> "waiting";
          case DOWNLOADING -> "downloading";
          case UNPACKING -> "unpacking";
          case DONE -> "done";
          case UNRECOGNIZED -> "";
        };
    return new Transfer(
        layer.getDigest(),
        words,
        layer.getPhase() == LayerProgress.Phase.DOWNLOADING,
        layer.getArrivedBytes(),
        layer.getTotalBytes());
  }

  static Transfer of(BlobProgress blob) {
    String words =
        switch (blob.getPhase()) {
          case WAITING -> "waiting";
          case UPLOADING -> "uploading";
          case UPLOADED -> "uploaded";
          case PRESENT -> "already there";
          case MOUNTED -> "taken over from another repository";
          case UNRECOGNIZED -> "";
        };
    return new Transfer(
        blob.getDigest(),
        words,
        blob.getPhase() == BlobProgress.Phase.UPLOADING,
        blob.getSentBytes(),
        blob.getTotalBytes());
  }

  boolean waits() {
    return words.equals("waiting");
  }
}
