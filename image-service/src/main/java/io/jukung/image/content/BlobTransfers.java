package io.jukung.image.content;

import com.google.common.util.concurrent.Uninterruptibles;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The transfers of blobs into the store. However many callers want a blob, there is one transfer of
 * it, and each caller may read the blob while it arrives. A transfer runs on a virtual thread of
 * its own; when its last participant leaves, it is stopped, and what has arrived is kept for the
 * next transfer. Thread-safe.
 *
 * <pre>
 * RUNNING ── verified, synced, named ──→ DONE
 *    └── error, or no participant left ─→ FAILED
 * </pre>
 */
public final class BlobTransfers {
  private final ContentStore store;
  private final TransferPermits permits;
  private final Map<Digest, Transfer> running = new HashMap<>();

  /**
   * Creates an instance without any transfer.
   *
   * @param maxParallel how many transfers from one origin receive bytes at the same time; further
   *     ones wait
   */
  public BlobTransfers(ContentStore store, int maxParallel) {
    this.store = store;
    this.permits = new TransferPermits(maxParallel);
  }

  /** Sets how many transfers from one origin receive bytes at the same time, from now on. */
  public void limit(int maxParallel) {
    permits.limit(maxParallel);
  }

  /**
   * Joins the blob's transfer, and starts one if none is running.
   *
   * @param source is used only if this call starts the transfer
   * @param progress receives the number of bytes that have arrived, on the transfer's thread
   */
  public Participation join(Digest digest, long size, BlobSource source, LongConsumer progress)
      throws IOException {
    synchronized (running) {
      Transfer transfer = running.get(digest);
      boolean started = transfer == null;
      if (transfer == null) {
        transfer = new Transfer(store.begin(digest, size), source);
        running.put(digest, transfer);
      }
      transfer.interested++;
      Participation participation = new Participation(transfer, started, progress);
      transfer.listeners.add(progress);
      if (started) {
        transfer.thread.start();
      }
      return participation;
    }
  }

  /** One caller's share in a transfer, from {@link #join} until it is closed. */
  public final class Participation implements AutoCloseable {
    private final Transfer transfer;
    private final boolean starter;
    private final LongConsumer progress;
    private boolean open = true;

    private Participation(Transfer transfer, boolean starter, LongConsumer progress) {
      this.transfer = transfer;
      this.starter = starter;
      this.progress = progress;
    }

    /**
     * Whether the transfer uses this caller's source. If not, a failure may be due to another
     * caller's credentials, and a new transfer with this caller's own may succeed.
     */
    public boolean starter() {
      return starter;
    }

    /**
     * Whether a new transfer may succeed where this one has failed: because it used another
     * caller's source, or continued a damaged beginning that is removed now, or because another
     * host is left to ask.
     *
     * @param source the source of this caller
     */
    public boolean canSucceedAnew(TransferException failure, BlobSource source) {
      if (failure.getCause() instanceof ContentMismatchException) {
        return transfer.writer.continues()
            || !starter
            || source.rejectDelivered(transfer.writer.digest());
      }
      return !starter;
    }

    /**
     * Reads the blob from its start. Reading waits for bytes that have not arrived yet, and throws
     * {@link TransferException} if the transfer fails.
     */
    public InputStream follow() throws IOException {
      return transfer.follow();
    }

    /**
     * Returns when the blob is in the store.
     *
     * @throws TransferException if the transfer has failed
     */
    public void await() throws IOException, InterruptedException {
      transfer.awaitEnd();
    }

    /**
     * Leaves the transfer. The last participant stops a running transfer and returns when its file
     * is gone. Closing again is a no-op.
     */
    @Override
    public void close() {
      boolean last;
      synchronized (running) {
        if (!open) {
          return;
        }
        open = false;
        transfer.listeners.remove(progress);
        last = --transfer.interested == 0;
        if (last) {
          running.remove(transfer.writer.digest(), transfer);
        }
      }
      if (last) {
        transfer.stop();
      }
    }
  }

  private enum State {
    RUNNING,
    DONE,
    FAILED
  }

  private final class Transfer implements BlobSource.Sink {
    final BlobWriter writer;
    final Thread thread;
    final List<LongConsumer> listeners = new CopyOnWriteArrayList<>();
    int interested;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private State state = State.RUNNING;
    private long arrived;
    private @Nullable Exception failure;

    Transfer(BlobWriter writer, BlobSource source) {
      this.writer = writer;
      this.thread =
          Thread.ofVirtual().name("blob-" + writer.digest().hex()).unstarted(() -> run(source));
    }

    private void run(BlobSource source) {
      Exception problem = null;
      try (writer) {
        writer.resume();
        arrived();
        try (TransferPermits.Permit _ = permits.acquire(source.origin())) {
          source.fetch(writer.digest(), writer.size(), this);
        }
        writer.commit();
      } catch (Exception e) {
        problem = e;
      } catch (Error e) {
        // Participants that read along must not wait for ever.
        problem = new IOException("transfer of blob " + writer.digest() + " broke: " + e, e);
      }
      // Removed before any participant learns of the end, so that a retry starts a new transfer.
      synchronized (running) {
        running.remove(writer.digest(), this);
      }
      end(problem);
    }

    @Override
    public long position() {
      return writer.written();
    }

    @Override
    public void write(byte[] source, int start, int length) throws IOException {
      writer.write(source, start, length);
      arrived();
    }

    private void arrived() {
      lock.lock();
      try {
        arrived = writer.written();
        changed.signalAll();
      } finally {
        lock.unlock();
      }
      for (LongConsumer listener : listeners) {
        listener.accept(arrived);
      }
    }

    private void end(@Nullable Exception problem) {
      lock.lock();
      try {
        state = problem == null ? State.DONE : State.FAILED;
        failure = problem;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    /**
     * Interrupts the transfer and returns when its thread has ended, even if the caller is
     * interrupted meanwhile: cancelled work must not outlive its caller.
     */
    private void stop() {
      thread.interrupt();
      Uninterruptibles.joinUninterruptibly(thread);
    }

    void awaitEnd() throws IOException, InterruptedException {
      lock.lockInterruptibly();
      try {
        while (state == State.RUNNING) {
          changed.await();
        }
        throwIfFailed();
      } finally {
        lock.unlock();
      }
    }

    InputStream follow() throws IOException {
      lock.lock();
      try {
        if (state == State.RUNNING) {
          try {
            return new Follower(this, new FileInputStream(writer.file().toFile()));
          } catch (FileNotFoundException e) {
            // The file is just being renamed to its final name.
            while (state == State.RUNNING) {
              changed.awaitUninterruptibly();
            }
          }
        }
        throwIfFailed();
        return store.open(writer.digest());
      } finally {
        lock.unlock();
      }
    }

    private int arrivedAfter(long position) {
      lock.lock();
      try {
        return (int) Math.min(arrived - position, Integer.MAX_VALUE);
      } finally {
        lock.unlock();
      }
    }

    /**
     * Waits until there are bytes behind the position.
     *
     * @return how many of them may be read, -1 at the end of the verified blob
     */
    private long readable(long position) throws IOException {
      lock.lock();
      try {
        while (position == arrived && state == State.RUNNING) {
          changed.await();
        }
        if (position < arrived) {
          return arrived - position;
        }
        throwIfFailed();
        return -1;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("wait for blob " + writer.digest());
      } finally {
        lock.unlock();
      }
    }

    private void throwIfFailed() throws IOException {
      if (failure != null) {
        throw new TransferException(failure);
      }
    }
  }

  /** The transfer has failed; the cause is the reason. */
  public static final class TransferException extends IOException {
    private static final long serialVersionUID = 1L;

    TransferException(Exception cause) {
      super(cause.getMessage(), cause);
    }
  }

  private static final class Follower extends BulkInputStream {
    private final Transfer transfer;
    private final FileInputStream file;
    private long position;

    Follower(Transfer transfer, FileInputStream file) {
      this.transfer = transfer;
      this.file = file;
    }

    @Override
    public int read(byte[] target, int start, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      long readable = transfer.readable(position);
      if (readable < 0) {
        return -1;
      }
      int count = file.read(target, start, (int) Math.min(length, readable));
      position += Math.max(0, count);
      return count;
    }

    /** How many bytes a read returns at least without waiting for the transfer. */
    @Override
    public int available() {
      return transfer.arrivedAfter(position);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
