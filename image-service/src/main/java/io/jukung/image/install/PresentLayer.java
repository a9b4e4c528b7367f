package io.jukung.image.install;

import io.jukung.image.content.BlobSource;
import io.jukung.image.content.BlobTransfers.Participation;
import io.jukung.image.content.BlobTransfers.TransferException;
import io.jukung.image.layer.LayerStore.Layer;
import io.jukung.image.layer.SharedTree;
import io.jukung.image.manifest.Descriptor;
import io.jukung.linux.fs.Fd;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A layer that was in the layer store from the start. Its blob is fetched if it is not in the
 * content store, as after the removal of an image that a container goes on using: without the blob
 * the image could be neither exported nor checked. Not thread-safe, except for {@link #open}.
 */
final class PresentLayer implements PendingLayer {
  private final LayerTask.Tools tools;
  private final Descriptor blob;
  private final BlobSource source;
  private final PullListener listener;
  private final SharedTree tree;
  private @Nullable Participation transfer;

  PresentLayer(
      LayerTask.Tools tools,
      Layer layer,
      Descriptor blob,
      BlobSource source,
      PullListener listener) {
    this.tools = tools;
    this.blob = blob;
    this.source = source;
    this.listener = listener;
    this.tree = new SharedTree(() -> tools.layers().openTree(layer));
  }

  /** Begins to fetch the blob if it is missing. */
  void begin() throws IOException {
    if (!tools.content().contains(blob.digest())) {
      listener.layerNeeded(blob.digest(), blob.size());
      transfer = join();
    }
  }

  private Participation join() throws IOException {
    return tools
        .transfers()
        .join(
            blob.digest(),
            blob.size(),
            source,
            arrived -> listener.layerArrived(blob.digest(), arrived, blob.size()));
  }

  @Override
  public Fd open() throws IOException, InterruptedException {
    return tree.open();
  }

  @Override
  public void awaitReady() throws IOException, InterruptedException {
    while (transfer != null) {
      Participation current = transfer;
      try {
        current.await();
        current.close();
        transfer = null;
        listener.layerReady(blob.digest());
      } catch (TransferException e) {
        if (!current.canSucceedAnew(e, source)) {
          throw LayerTask.explained(e, blob);
        }
        current.close();
        transfer = join();
      }
    }
  }

  @Override
  public void leave() {
    if (transfer != null) {
      transfer.close();
    }
    tree.close();
  }
}
