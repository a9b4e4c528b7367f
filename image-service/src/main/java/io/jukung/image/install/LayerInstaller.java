package io.jukung.image.install;

import io.jukung.image.content.BlobSource;
import io.jukung.image.content.BlobTransfers;
import io.jukung.image.content.BlobTransfers.Participation;
import io.jukung.image.content.BlobTransfers.TransferException;
import io.jukung.image.content.ContentMismatchException;
import io.jukung.image.content.ContentStore;
import io.jukung.image.content.Digest;
import io.jukung.image.layer.ChainId;
import io.jukung.image.layer.LayerDraft;
import io.jukung.image.layer.LayerFormat;
import io.jukung.image.layer.LayerFormatException;
import io.jukung.image.layer.LayerStore;
import io.jukung.image.layer.LayerStore.Layer;
import io.jukung.image.layer.LayerTooLargeException;
import io.jukung.image.manifest.Descriptor;
import io.jukung.linux.fs.Fd;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings an image's layers here: all of them downloaded and unpacked side by side, each made
 * visible when those below it are. However many pulls want a layer, it is made once; it is given up
 * when the last of them has left.
 *
 * <pre>
 * MAKING ─ unpacked, verified, fits those below ─→ SETTLED ─ on disk, those below visible ─→ READY
 *    └──────── error, or nobody left ─────────────────┴─────→ FAILED
 * </pre>
 */
public final class LayerInstaller {
  private static final Logger log = LoggerFactory.getLogger(LayerInstaller.class);

  private final ContentStore content;
  private final LayerStore layers;
  private final BlobTransfers transfers;
  private final Semaphore unpacking;
  private final Map<ChainId, Flight> flights = new HashMap<>();
  private final HeapGrowth heap = new HeapGrowth();

  /**
   * @param maxUnpacking layers decompressed at once: each keeps a processor busy
   */
  public LayerInstaller(
      ContentStore content, LayerStore layers, BlobTransfers transfers, int maxUnpacking) {
    this.content = content;
    this.layers = layers;
    this.transfers = transfers;
    this.unpacking = new Semaphore(maxUnpacking, /* fair= */ true);
  }

  /**
   * Returns when all layers are here. Interrupting the caller, or a failure, ends the work that no
   * other caller wants and removes its files before this returns.
   *
   * @param wanted bottom first; the caller keeps them from being swept
   */
  public void install(List<WantedLayer> wanted, BlobSource source, PullListener listener)
      throws IOException, InterruptedException {
    List<Slot> slots = new ArrayList<>();
    try {
      for (WantedLayer layer : wanted) {
        slots.add(join(layer, List.copyOf(slots), source, listener));
      }
      for (Slot slot : slots) {
        slot.awaitReady();
      }
    } finally {
      leave(slots);
    }
  }

  /** From the top, so that none is kept waiting for one that has gone. */
  private static void leave(List<Slot> slots) {
    for (Slot slot : slots.reversed()) {
      slot.leave();
    }
  }

  private Slot join(
      WantedLayer wanted, List<Slot> below, BlobSource source, PullListener listener) {
    synchronized (flights) {
      Optional<Layer> present = layers.find(wanted.chainId());
      if (present.isPresent()) {
        return new Present(layers, present.get());
      }
      listener.layerNeeded(wanted.blob().digest(), wanted.blob().size());
      Flight flight = flights.get(wanted.chainId());
      boolean starter = flight == null;
      if (flight == null) {
        flight = new Flight(wanted, below, source, listener);
        flights.put(wanted.chainId(), flight);
        flight.thread.start();
      }
      flight.interested++;
      return new Boarded(flight, starter, source, below, listener);
    }
  }

  /** A layer of the image being installed. */
  private sealed interface Slot permits Present, Boarded {
    /** The settled tree, which may not be visible yet. */
    Fd openSettled() throws IOException, InterruptedException;

    void awaitReady() throws IOException, InterruptedException;

    void leave();
  }

  private record Present(LayerStore store, Layer layer) implements Slot {
    @Override
    public Fd openSettled() throws IOException {
      return store.openTree(layer);
    }

    @Override
    public void awaitReady() {}

    @Override
    public void leave() {}
  }

  /**
   * A share in a flight. One that fails for its starter's reasons is begun anew with our source.
   */
  private final class Boarded implements Slot {
    private final BlobSource source;
    private final List<Slot> below;
    private final PullListener listener;
    private Flight flight;
    private boolean starter;
    private boolean left;

    Boarded(
        Flight flight,
        boolean starter,
        BlobSource source,
        List<Slot> below,
        PullListener listener) {
      this.flight = flight;
      this.starter = starter;
      this.source = source;
      this.below = below;
      this.listener = listener;
    }

    @Override
    public Fd openSettled() throws IOException, InterruptedException {
      return flight().openSettled();
    }

    @Override
    public void awaitReady() throws IOException, InterruptedException {
      while (true) {
        try {
          flight().awaitReady();
          if (!starter) {
            listener.layerReady(flight().wanted.blob().digest());
          }
          return;
        } catch (IOException e) {
          if (starter || !startOver()) {
            throw e;
          }
        }
      }
    }

    @Override
    public void leave() {
      Flight boarded;
      boolean last;
      synchronized (flights) {
        if (left) {
          return;
        }
        left = true;
        boarded = flight;
        last = --boarded.interested == 0;
        if (last) {
          flights.remove(boarded.wanted.chainId(), boarded);
        }
      }
      if (last) {
        boarded.stop();
      }
    }

    private Flight flight() {
      synchronized (flights) {
        return flight;
      }
    }

    /** False where this one has left, so that nothing is begun that nobody would end. */
    private boolean startOver() {
      synchronized (flights) {
        if (left) {
          return false;
        }
        flight.interested--;
        Flight next = flights.get(flight.wanted.chainId());
        starter = next == null;
        if (next == null) {
          next = new Flight(flight.wanted, below, source, listener);
          flights.put(next.wanted.chainId(), next);
          next.thread.start();
        }
        next.interested++;
        flight = next;
        return true;
      }
    }
  }

  private enum Stage {
    MAKING,
    SETTLED,
    READY,
    FAILED
  }

  /**
   * One layer being made, on a thread of its own: decompression and file calls hold it for long.
   */
  private final class Flight {
    final WantedLayer wanted;
    final Thread thread;
    int interested;

    private final List<Slot> below;
    private final BlobSource source;
    private final PullListener listener;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private LayerFormat format = layers.format();
    private Stage stage = Stage.MAKING;
    private @Nullable LayerDraft draft;
    private @Nullable Exception failure;

    Flight(WantedLayer wanted, List<Slot> below, BlobSource source, PullListener listener) {
      this.wanted = wanted;
      this.below = below;
      this.source = source;
      this.listener = listener;
      this.thread =
          Thread.ofPlatform()
              .name("layer-" + wanted.chainId().digest().hex().substring(0, 12))
              .unstarted(this::run);
    }

    private void run() {
      Exception problem = null;
      try {
        make();
        listener.layerReady(wanted.blob().digest());
      } catch (Exception e) {
        problem = e;
      } catch (Error e) {
        // Whoever waits must not wait for ever.
        problem = new IOException("making of layer " + wanted.chainId() + " broke: " + e, e);
      }
      // Off the list before anyone learns of the end: who tries again must start anew.
      synchronized (flights) {
        flights.remove(wanted.chainId(), this);
      }
      enter(problem == null ? Stage.READY : Stage.FAILED, null, problem);
      heap.settle();
    }

    private void make() throws IOException, InterruptedException {
      while (true) {
        try (LayerDraft attempt = layers.draft(format)) {
          if (unpack(attempt)) {
            settle(attempt);
            enter(Stage.SETTLED, attempt, null);
            try {
              attempt.sync();
              if (!below.isEmpty()) {
                below.getLast().awaitReady();
              }
              layers.publish(attempt, wanted.chainId(), wanted.diffId());
            } finally {
              // The draft closes: late comers must find the layer by its path, or the failure.
              enter(Stage.MAKING, null, null);
            }
            return;
          }
        }
      }
    }

    /**
     * False where it is worth another try: with our own transfer, from another place, in another
     * format.
     */
    private boolean unpack(LayerDraft attempt) throws IOException, InterruptedException {
      Descriptor blob = wanted.blob();
      if (content.contains(blob.digest())) {
        return unpackStored(attempt, blob.digest());
      }
      try (Participation transfer =
          transfers.join(
              blob.digest(),
              blob.size(),
              source,
              arrived -> listener.layerArrived(blob.digest(), arrived, blob.size()))) {
        try {
          unpackArriving(attempt, transfer);
          return true;
        } catch (LayerTooLargeException e) {
          return unpackIntoDirectory(e);
        } catch (TransferException e) {
          boolean other =
              e.getCause() instanceof ContentMismatchException && source.elsewhere(blob.digest());
          if (transfer.starter() && !other) {
            throw e;
          }
          return false;
        }
      }
    }

    private void unpackArriving(LayerDraft attempt, Participation transfer)
        throws IOException, InterruptedException {
      try {
        unpack(attempt, transfer.follow());
      } catch (LayerFormatException | LayerTooLargeException e) {
        // Bytes that are not the blob's may look like anything: what its digest says comes first.
        transfer.await();
        throw e;
      }
      transfer.await();
    }

    /** A blob that has rotted on the disk is fetched anew. */
    private boolean unpackStored(LayerDraft attempt, Digest blob)
        throws IOException, InterruptedException {
      try {
        unpack(attempt, content.open(blob));
        return true;
      } catch (LayerTooLargeException e) {
        return unpackIntoDirectory(e);
      } catch (LayerFormatException e) {
        if (content.isIntact(blob)) {
          throw e;
        }
        content.detach(blob).finish();
        return false;
      }
    }

    /** In the next attempt; the blob is in the store by now. */
    private boolean unpackIntoDirectory(LayerTooLargeException reason) {
      log.info("layer {} becomes a directory: {}", wanted.chainId(), reason.getMessage());
      format = LayerFormat.DIRECTORY;
      return false;
    }

    private void unpack(LayerDraft attempt, InputStream blob)
        throws IOException, InterruptedException {
      try (blob) {
        unpacking.acquire();
        try {
          wanted.unpack(attempt, blob, below.isEmpty());
        } catch (LayerFormatException e) {
          throw new LayerFormatException(
              "layer %s: %s".formatted(wanted.blob().digest(), e.getMessage()));
        } finally {
          unpacking.release();
        }
      }
    }

    private void settle(LayerDraft attempt) throws IOException, InterruptedException {
      List<Fd> trees = new ArrayList<>();
      try {
        for (Slot slot : below.reversed()) {
          trees.add(slot.openSettled());
        }
        attempt.settle(trees);
      } finally {
        trees.forEach(Fd::close);
      }
    }

    private void enter(Stage next, @Nullable LayerDraft open, @Nullable Exception problem) {
      lock.lock();
      try {
        stage = next;
        draft = open;
        failure = problem;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    Fd openSettled() throws IOException, InterruptedException {
      lock.lockInterruptibly();
      try {
        while (stage == Stage.MAKING) {
          changed.await();
        }
        if (draft != null) {
          return draft.openTree();
        }
        throwIfFailed();
      } finally {
        lock.unlock();
      }
      Layer layer =
          layers
              .find(wanted.chainId())
              .orElseThrow(() -> new IOException("layer " + wanted.chainId() + " is gone again"));
      return layers.openTree(layer);
    }

    void awaitReady() throws IOException, InterruptedException {
      lock.lockInterruptibly();
      try {
        while (stage != Stage.READY && stage != Stage.FAILED) {
          changed.await();
        }
        throwIfFailed();
      } finally {
        lock.unlock();
      }
    }

    private void throwIfFailed() throws IOException {
      if (failure != null) {
        throw new IOException(failure.getMessage(), failure);
      }
    }

    /** Ends the work and returns when its files are gone: it must not outlive who asked for it. */
    void stop() {
      thread.interrupt();
      boolean interrupted = false;
      while (true) {
        try {
          thread.join();
          break;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
