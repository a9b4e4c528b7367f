package io.jukung.image.store;

import io.jukung.image.content.ContentStore;
import io.jukung.image.content.Digest;
import io.jukung.image.content.Removal;
import io.jukung.image.layer.ChainId;
import io.jukung.image.layer.LayerStore;
import io.jukung.image.layer.LayerStore.Layer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Removes blobs and layers that no image, lease or pin needs (mark and sweep). Thread-safe.
 *
 * <p>What is needed is collected, and what is not is taken out of the stores, under the store's
 * lock; the files are removed after that.
 */
final class Sweeper {
  private final ReentrantLock lock;
  private final ContentStore content;
  private final LayerStore layers;
  private final ImageCatalog catalog;
  private final Leases leases;
  private final Pins pins;

  /** Content that is needed. */
  private static final class Needed {
    final Set<Digest> blobs = new HashSet<>();
    final Set<ChainId> layers = new HashSet<>();

    void add(ImageRecord image) {
      blobs.addAll(image.blobs());
      layers.addAll(image.chain());
    }

    void add(Lease lease) {
      layers.addAll(lease.chain());
    }

    void add(Pin pin) {
      blobs.addAll(pin.blobs());
      layers.addAll(pin.layers());
    }
  }

  /**
   * @param lock the store's
   */
  Sweeper(
      ReentrantLock lock,
      ContentStore content,
      LayerStore layers,
      ImageCatalog catalog,
      Leases leases,
      Pins pins) {
    this.lock = lock;
    this.content = content;
    this.layers = layers;
    this.catalog = catalog;
    this.leases = leases;
    this.pins = pins;
  }

  /**
   * Removes what is not needed. Where a record or lease could not be read, nobody knows what it
   * needs: nothing is removed then, or no layer.
   */
  void sweep() throws IOException {
    List<Removal> removals = new ArrayList<>();
    lock.lock();
    try {
      if (catalog.hasUnreadable()) {
        return;
      }
      Needed needed = new Needed();
      catalog.records().forEach(needed::add);
      leases.all().forEach(needed::add);
      pins.all().forEach(needed::add);
      for (Digest digest : content.digests()) {
        if (!needed.blobs.contains(digest)) {
          removals.add(content.detach(digest));
        }
      }
      if (!leases.hasUnreadable()) {
        for (ChainId chainId : layers.chainIds()) {
          if (!needed.layers.contains(chainId)) {
            removals.add(layers.detach(chainId));
          }
        }
      }
    } finally {
      lock.unlock();
    }
    for (Removal removal : removals) {
      removal.finish();
    }
    content.partial().expire();
  }

  /** What the store takes on disk, and what of it belongs to images that nobody uses. */
  StoreUsage usage() throws IOException {
    lock.lock();
    try {
      Set<String> leased = new HashSet<>();
      Needed needed = new Needed();
      for (Lease lease : leases.all()) {
        leased.add(lease.imageId());
        needed.add(lease);
      }
      int images = 0;
      int used = 0;
      for (ImageRecord image : catalog.records()) {
        if (image.intermediate()) {
          continue; // what a prune of the build cache would free
        }
        images++;
        if (leased.contains(image.id()) || catalog.isPinned(image)) {
          used++;
          needed.add(image);
        }
      }
      long reclaimable = 0;
      for (Digest digest : content.digests()) {
        reclaimable += needed.blobs.contains(digest) ? 0 : content.size(digest);
      }
      for (ChainId chainId : layers.chainIds()) {
        Optional<Layer> layer = layers.find(chainId).filter(_ -> !needed.layers.contains(chainId));
        reclaimable += layer.map(each -> each.usage().bytes()).orElse(0L);
      }
      return new StoreUsage(images, used, content.usage(), layers.usage(), reclaimable);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Finds files in the directories of blobs and layers that are neither. While content is pinned
   * none is reported: its files could be about to enter the store.
   *
   * @param remove whether to remove the files
   */
  List<String> strays(boolean remove) throws IOException {
    lock.lock();
    try {
      List<String> strays = new ArrayList<>();
      if (pins.all().isEmpty()) {
        strays.addAll(content.strays(remove));
        strays.addAll(layers.strays(remove));
      }
      return strays;
    } finally {
      lock.unlock();
    }
  }
}
