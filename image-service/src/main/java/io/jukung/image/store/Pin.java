package io.jukung.image.store;

import io.jukung.image.content.Digest;
import io.jukung.image.layer.ChainId;
import java.io.IOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * Keeps content from being swept while work that needs it is under way. Content is pinned before
 * the store is asked whether it has it. Closing the pin sweeps what belongs to no image by then.
 * Thread-safe.
 */
public final class Pin implements AutoCloseable {
  private final Pins pins;
  private final Pins.AfterClose afterClose;
  private final Set<Digest> blobs = new HashSet<>();
  private final Set<ChainId> layers = new HashSet<>();

  Pin(Pins pins, Pins.AfterClose afterClose) {
    this.pins = pins;
    this.afterClose = afterClose;
  }

  public void addBlob(Digest digest) {
    pins.addBlob(this, digest);
  }

  public void addLayers(Collection<ChainId> chainIds) {
    pins.addLayers(this, chainIds);
  }

  /** The caller holds the store's lock. */
  Set<Digest> blobs() {
    return blobs;
  }

  /** The caller holds the store's lock. */
  Set<ChainId> layers() {
    return layers;
  }

  @Override
  public void close() throws IOException {
    pins.close(this);
    afterClose.run();
  }
}
