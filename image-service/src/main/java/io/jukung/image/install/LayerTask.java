package io.jukung.image.install;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.content.BlobSource;
import io.jukung.image.content.BlobTransfers;
import io.jukung.image.content.BlobTransfers.Participation;
import io.jukung.image.content.BlobTransfers.TransferException;
import io.jukung.image.content.ContentStore;
import io.jukung.image.content.Digest;
import io.jukung.image.layer.LayerDraft;
import io.jukung.image.layer.LayerFormat;
import io.jukung.image.layer.LayerFormatException;
import io.jukung.image.layer.LayerStore;
import io.jukung.image.layer.LayerStore.Layer;
import io.jukung.image.layer.LayerTooLargeException;
import io.jukung.image.manifest.Descriptor;
import io.jukung.image.manifest.MediaType;
import io.jukung.linux.fs.Fd;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The making of one layer, on a platform thread of its own because decompression and file calls
 * occupy the thread for long.
 *
 * <pre>
 * MAKING ─ unpacked, verified, settled on the layers below ─→ SETTLED ─ synced, published ─→ READY
 *    └──────── error, or cancelled ───────────────────────────────┴─────→ FAILED
 * </pre>
 *
 * <p>A layer may be published before those below it: what it needs of them it has looked up, and
 * nobody uses a layer before the image is complete.
 *
 * <p>Thread-safe, except that the installer's lock guards the count of interested callers.
 */
final class LayerTask {
  private static final Logger log = LoggerFactory.getLogger(LayerTask.class);

  /**
   * What all tasks of an installer share.
   *
   * @param unpacking the permits for decompressing a layer
   */
  record Tools(
      ContentStore content,
      LayerStore layers,
      BlobTransfers transfers,
      Semaphore unpacking,
      HeapGrowth heap) {}

  /** The making of the layer has failed; the cause says why. */
  static final class LayerFailedException extends IOException {
    private static final long serialVersionUID = 1L;

    LayerFailedException(Exception cause) {
      super(cause.getMessage(), cause);
    }
  }

  private enum Stage {
    MAKING,
    SETTLED,
    READY,
    FAILED
  }

  private final WantedLayer wanted;
  private final List<PendingLayer> below;
  private final BlobSource source;
  private final PullListener listener;
  private final Tools tools;
  private final Consumer<LayerTask> ended;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private int interested;
  private boolean isTooLargeForOneFile;
  private Stage stage = Stage.MAKING;
  private @Nullable LayerDraft draft;
  private @Nullable Exception failure;

  /**
   * @param below the layers below, bottom first
   * @param ended called once, before anyone learns that the task has ended
   */
  LayerTask(
      WantedLayer wanted,
      List<PendingLayer> below,
      BlobSource source,
      PullListener listener,
      Tools tools,
      Consumer<LayerTask> ended) {
    this.wanted = wanted;
    this.below = below;
    this.source = source;
    this.listener = listener;
    this.tools = tools;
    this.ended = ended;
    this.thread =
        Thread.ofPlatform()
            .name("layer-" + wanted.chainId().digest().hex().substring(0, 12))
            .unstarted(this::run);
  }

  WantedLayer wanted() {
    return wanted;
  }

  void start() {
    thread.start();
  }

  /** Counts a further interested caller. */
  void join() {
    interested++;
  }

  /** Returns how many interested callers are left. */
  int leave() {
    return --interested;
  }

  /** Ends the work and returns when its files are removed, even if the caller is interrupted. */
  void cancel() {
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

  /**
   * Waits until the layer's files are final and opens its root directory.
   *
   * @throws LayerFailedException if the making has failed
   */
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
        tools
            .layers()
            .find(wanted.chainId())
            .orElseThrow(() -> new IOException("layer " + wanted.chainId() + " was removed again"));
    return tools.layers().openTree(layer);
  }

  /**
   * Waits until the layer is in the layer store.
   *
   * @throws LayerFailedException if the making has failed
   */
  void awaitReady() throws LayerFailedException, InterruptedException {
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

  private void throwIfFailed() throws LayerFailedException {
    if (failure != null) {
      throw new LayerFailedException(failure);
    }
  }

  // ── on the task's thread ───────────────────────────────────────────────────────────────────

  private void run() {
    Exception problem = null;
    try {
      make();
      listener.layerReady(wanted.blob().digest());
    } catch (Exception e) {
      problem = e;
    } catch (Error e) {
      // The threads that wait for the layer must learn of it.
      problem = new IOException("making of layer " + wanted.chainId() + " broke: " + e, e);
    }
    // First: a caller that tries again after the failure must not find this task.
    ended.accept(this);
    enter(problem == null ? Stage.READY : Stage.FAILED, null, problem);
    tools.heap().collectIfGrown();
  }

  private void make() throws IOException, InterruptedException {
    // A task that starts after the failure of another may find that a third one has succeeded.
    while (tools.layers().find(wanted.chainId()).isEmpty()) {
      try (LayerDraft attempt = tools.layers().draft(format())) {
        if (unpack(attempt)) {
          attempt.settle(below.reversed());
          enter(Stage.SETTLED, attempt, null);
          try {
            attempt.sync();
            tools.layers().publish(attempt, wanted.chainId(), wanted.diffId());
          } finally {
            // The draft closes now: from here on the layer is opened by its path, or has failed.
            enter(Stage.MAKING, null, null);
          }
          return;
        }
      }
    }
  }

  /**
   * Fetches the blob, if it is not in the content store, and unpacks it.
   *
   * @return false if another attempt may succeed: with a transfer of this task's own, from another
   *     host, or in another format
   */
  private boolean unpack(LayerDraft attempt) throws IOException, InterruptedException {
    Descriptor blob = wanted.blob();
    if (tools.content().contains(blob.digest())) {
      return unpackStored(attempt, blob.digest());
    }
    try (Participation transfer =
        tools
            .transfers()
            .join(
                blob.digest(),
                blob.size(),
                source,
                arrived -> listener.layerArrived(blob.digest(), arrived, blob.size()))) {
      try {
        unpackArriving(attempt, transfer);
        return true;
      } catch (LayerTooLargeException e) {
        return unpackIntoDirectoryNext(e);
      } catch (TransferException e) {
        if (!transfer.canSucceedAnew(e, source)) {
          throw explained(e, blob);
        }
        return false;
      }
    }
  }

  /** Says why no registry may have the layer, if it is one that must not be distributed. */
  static IOException explained(TransferException e, Descriptor blob) {
    if (e.getCause() instanceof CriException known
        && known.kind() == ErrorKind.NOT_FOUND
        && MediaType.of(blob.mediaType()).filter(MediaType::isForeign).isPresent()) {
      String reason =
          "%s (the layer is a nondistributable one, and its urls are not followed)"
              .formatted(known.getMessage());
      return new IOException(reason, new CriException(ErrorKind.NOT_FOUND, reason, e));
    }
    return e;
  }

  private void unpackArriving(LayerDraft attempt, Participation transfer)
      throws IOException, InterruptedException {
    try {
      unpack(attempt, transfer.follow());
    } catch (LayerFormatException | LayerTooLargeException e) {
      // If the transfer fails because the digest is wrong, its error is the one that explains.
      transfer.await();
      throw e;
    }
    transfer.await();
  }

  /** Unpacks a blob of the content store, and removes it there if it turns out to be corrupt. */
  private boolean unpackStored(LayerDraft attempt, Digest blob)
      throws IOException, InterruptedException {
    ContentStore content = tools.content();
    try {
      unpack(attempt, content.open(blob));
      return true;
    } catch (LayerTooLargeException e) {
      return unpackIntoDirectoryNext(e);
    } catch (LayerFormatException e) {
      if (content.isIntact(blob)) {
        throw e;
      }
      content.detach(blob).finish();
      return false;
    }
  }

  private LayerFormat format() throws IOException {
    return isTooLargeForOneFile ? LayerFormat.DIRECTORY : tools.layers().format();
  }

  private boolean unpackIntoDirectoryNext(LayerTooLargeException reason) {
    log.info("layer {} becomes a directory: {}", wanted.chainId(), reason.getMessage());
    isTooLargeForOneFile = true;
    return false;
  }

  private void unpack(LayerDraft attempt, InputStream blob)
      throws IOException, InterruptedException {
    try (blob;
        InputStream permitted = PermittedInputStream.open(blob, tools.unpacking())) {
      wanted.unpack(attempt, permitted, below.isEmpty());
    } catch (LayerFormatException e) {
      throw new LayerFormatException(
          "layer %s: %s".formatted(wanted.blob().digest(), e.getMessage()));
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
}
