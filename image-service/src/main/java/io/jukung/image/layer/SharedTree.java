package io.jukung.image.layer;

import io.jukung.linux.fs.Fd;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Opens a layer's tree once, for all layers above it: in the EROFS format each opening is a mount.
 * After {@link #close} the tree can still be opened, by a mount each time. Thread-safe.
 */
public final class SharedTree implements LowerTree, AutoCloseable {
  private final LowerTree source;

  /** Held while the tree is opened, which can take as long as the download of the layer. */
  private final ReentrantLock opening = new ReentrantLock();

  /** Guards the two fields below; never held for long. */
  private final Object state = new Object();

  private @Nullable Fd root;
  private boolean closed;

  public SharedTree(LowerTree source) {
    this.source = source;
  }

  @Override
  public Fd open() throws IOException, InterruptedException {
    opening.lockInterruptibly();
    try {
      synchronized (state) {
        if (root != null) {
          return root.duplicate();
        }
      }
      Fd opened = source.open();
      synchronized (state) {
        if (!closed) {
          root = opened.duplicate();
        }
      }
      return opened;
    } finally {
      opening.unlock();
    }
  }

  @Override
  public void close() {
    synchronized (state) {
      closed = true;
      if (root != null) {
        root.close();
        root = null;
      }
    }
  }
}
