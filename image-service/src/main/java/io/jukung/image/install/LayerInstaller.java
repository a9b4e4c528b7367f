package io.jukung.image.install;

import io.jukung.image.content.BlobSource;
import io.jukung.image.content.BlobTransfers;
import io.jukung.image.content.ContentStore;
import io.jukung.image.install.LayerTask.LayerFailedException;
import io.jukung.image.install.LayerTask.Tools;
import io.jukung.image.layer.ChainId;
import io.jukung.image.layer.LayerStore;
import io.jukung.image.layer.LayerStore.Layer;
import io.jukung.image.layer.SharedTree;
import io.jukung.linux.fs.Fd;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * Installs the layers of images. All layers of an image are fetched and unpacked side by side, and
 * each enters the layer store after the layers below it. A layer that several callers want is made
 * once; its making is cancelled when the last of these callers has left. Thread-safe.
 */
public final class LayerInstaller {
  private final Tools tools;

  /** The layers being made. Its lock also guards the mutable fields of all shares in them. */
  private final Map<ChainId, LayerTask> tasks = new HashMap<>();

  /**
   * @param maxUnpacking how many layers are decompressed at once: each keeps a processor busy
   */
  public LayerInstaller(
      ContentStore content, LayerStore layers, BlobTransfers transfers, int maxUnpacking) {
    Semaphore unpacking = new Semaphore(maxUnpacking, /* fair= */ true);
    this.tools = new Tools(content, layers, transfers, unpacking, new HeapGrowth());
  }

  /**
   * Returns when all layers are in the layer store. If the caller is interrupted or a layer fails,
   * the work that no other caller wants is cancelled and its files are removed before this method
   * returns.
   *
   * @param wanted bottom first; the caller keeps the layers from being swept
   */
  public void install(List<WantedLayer> wanted, BlobSource source, PullListener listener)
      throws IOException, InterruptedException {
    List<PendingLayer> pending = new ArrayList<>();
    try {
      for (WantedLayer layer : wanted) {
        pending.add(join(layer, List.copyOf(pending), source, listener));
      }
      for (PendingLayer layer : pending) {
        layer.awaitReady();
      }
    } finally {
      // From the top: no layer is left waiting for one below that was cancelled.
      pending.reversed().forEach(PendingLayer::leave);
    }
  }

  private PendingLayer join(
      WantedLayer wanted, List<PendingLayer> below, BlobSource source, PullListener listener)
      throws IOException {
    synchronized (tasks) {
      Optional<Layer> present = tools.layers().find(wanted.chainId());
      if (present.isPresent()) {
        var layer = new PresentLayer(tools, present.get(), wanted.blob(), source, listener);
        layer.begin();
        return layer;
      }
      listener.layerNeeded(wanted.blob().digest(), wanted.blob().size());
      return new Share(wanted, below, source, listener);
    }
  }

  private void remove(LayerTask task) {
    synchronized (tasks) {
      tasks.remove(task.wanted().chainId(), task);
    }
  }

  /**
   * One caller's interest in a layer that is being made. If the making fails and another caller had
   * started it, the failure may come from that caller's source or credentials: the layer is then
   * made again from this caller's own source.
   */
  private final class Share implements PendingLayer {
    private final WantedLayer wanted;
    private final List<PendingLayer> below;
    private final BlobSource source;
    private final PullListener listener;
    private final SharedTree tree = new SharedTree(this::openSettled);
    private LayerTask task;
    private boolean starter;
    private boolean left;

    /** Must be called with the lock of {@code tasks} held. */
    Share(WantedLayer wanted, List<PendingLayer> below, BlobSource source, PullListener listener) {
      this.wanted = wanted;
      this.below = below;
      this.source = source;
      this.listener = listener;
      this.task = joinOrStart();
    }

    @Override
    public Fd open() throws IOException, InterruptedException {
      return tree.open();
    }

    private Fd openSettled() throws IOException, InterruptedException {
      while (true) {
        LayerTask current = task();
        try {
          return current.openSettled();
        } catch (LayerFailedException e) {
          if (!makeAgainAfter(current)) {
            throw e;
          }
        }
      }
    }

    @Override
    public void awaitReady() throws IOException, InterruptedException {
      while (true) {
        LayerTask current = task();
        try {
          current.awaitReady();
          if (!isStarter()) {
            listener.layerReady(wanted.blob().digest());
          }
          return;
        } catch (LayerFailedException e) {
          if (!makeAgainAfter(current)) {
            throw e;
          }
        }
      }
    }

    @Override
    public void leave() {
      LayerTask joined;
      boolean last;
      synchronized (tasks) {
        if (left) {
          return;
        }
        left = true;
        joined = task;
        last = joined.leave() == 0;
        if (last) {
          tasks.remove(wanted.chainId(), joined);
        }
      }
      if (last) {
        joined.cancel();
      }
      tree.close();
    }

    private LayerTask task() {
      synchronized (tasks) {
        return task;
      }
    }

    private boolean isStarter() {
      synchronized (tasks) {
        return starter;
      }
    }

    /**
     * Joins or starts another task in the place of the failed one.
     *
     * @return false if the failure is this caller's own, or the caller has left, so that nobody
     *     would cancel the new task
     */
    private boolean makeAgainAfter(LayerTask failed) {
      synchronized (tasks) {
        if (task != failed) {
          return true; // another thread of the same caller has done so
        }
        if (starter || left) {
          return false;
        }
        failed.leave();
        task = joinOrStart();
        return true;
      }
    }

    private LayerTask joinOrStart() {
      LayerTask running = tasks.get(wanted.chainId());
      starter = running == null;
      if (running == null) {
        running =
            new LayerTask(wanted, below, source, listener, tools, LayerInstaller.this::remove);
        tasks.put(wanted.chainId(), running);
        running.start();
      }
      running.join();
      return running;
    }
  }
}
