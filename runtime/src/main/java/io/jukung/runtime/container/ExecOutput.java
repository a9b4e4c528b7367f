package io.jukung.runtime.container;

import com.google.protobuf.ByteString;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Eventfd;
import io.jukung.linux.io.Transfer;
import io.jukung.linux.libc.Memory;
import io.jukung.runtime.call.Failures;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Collects what a command writes to two pipes, up to a bound for each pipe. What exceeds the bound
 * is read and dropped, so that the command is not blocked. A platform thread waits in epoll,
 * because a virtual thread that blocks in the kernel holds its carrier.
 */
public final class ExecOutput implements AutoCloseable {
  /** The limit of CRI for each stream: both fit into one message to kubelet. */
  public static final int MAX_STREAM_BYTES = 16 << 20;

  /**
   * How long children may keep the pipes open after the command's own process has ended. What the
   * command itself wrote is in the pipes by then.
   */
  private static final Duration EOF_GRACE = Duration.ofMillis(100);

  private static final int BUFFER_BYTES = 64 << 10;
  private static final int STDOUT = 0;
  private static final int STDERR = 1;
  private static final int WAKE = 2;

  private final Fd[] readers;
  private final Budget budget;
  private final Epoll epoll;
  private final Eventfd wake;
  private final ByteString.Output[] collected = {ByteString.newOutput(), ByteString.newOutput()};
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private final CompletableFuture<Void> failure = new CompletableFuture<>();
  private long reserved;
  private boolean started;

  /** The memory that all collections together may use. Thread-safe. */
  public static final class Budget {
    private static final long MAX_BYTES = 256L << 20;

    private final AtomicLong used = new AtomicLong();

    boolean reserve(long bytes) {
      if (used.addAndGet(bytes) > MAX_BYTES) {
        used.addAndGet(-bytes);
        return false;
      }
      return true;
    }

    void release(long bytes) {
      used.addAndGet(-bytes);
    }
  }

  private ExecOutput(Fd stdout, Fd stderr, Budget budget, Epoll epoll, Eventfd wake) {
    this.readers = new Fd[] {stdout, stderr};
    this.budget = budget;
    this.epoll = epoll;
    this.wake = wake;
  }

  /** Over two pipes, which stay the caller's. */
  public static ExecOutput of(Fd stdout, Fd stderr, Budget budget) throws IOException {
    Epoll epoll = Epoll.create(3);
    try {
      Eventfd wake = Eventfd.create();
      try {
        epoll.add(stdout, Epoll.IN, STDOUT);
        epoll.add(stderr, Epoll.IN, STDERR);
        epoll.add(wake.fd(), Epoll.IN, WAKE);
        return new ExecOutput(stdout, stderr, budget, epoll, wake);
      } catch (IOException e) {
        wake.close();
        throw e;
      }
    } catch (IOException e) {
      epoll.close();
      throw e;
    }
  }

  /** Starts the thread that reads. */
  public void start(String execId) {
    started = true;
    Thread.ofPlatform().daemon().name("output of exec " + execId).start(this::collect);
  }

  /** Fails when the output cannot be collected any more. It never completes otherwise. */
  public CompletableFuture<Void> failure() {
    return failure;
  }

  /** Waits for the rest of the output of a command that has ended. */
  public void finish() throws IOException, InterruptedException {
    wake.signal();
    try {
      done.get();
    } catch (ExecutionException e) {
      Throwable cause = Failures.cause(e);
      throw new IOException("output of the command: " + cause.getMessage(), cause);
    }
  }

  public ByteString stdout() {
    return collected[STDOUT].toByteString();
  }

  public ByteString stderr() {
    return collected[STDERR].toByteString();
  }

  private void collect() {
    try (Memory buffer = Memory.allocate(BUFFER_BYTES)) {
      collect(buffer);
      done.complete(null);
    } catch (IOException | RuntimeException | Error e) { // an Error too: ExecSync waits for the end
      failure.completeExceptionally(e);
      done.completeExceptionally(e);
    }
  }

  private void collect(Memory buffer) throws IOException {
    int open = readers.length;
    long deadline = 0; // none while the command runs
    while (open > 0) {
      int wait = Epoll.FOREVER;
      if (deadline != 0) {
        long left = deadline - System.nanoTime();
        wait = left <= 0 ? 0 : (int) Duration.ofNanos(left).toMillis() + 1;
      }
      int ready = epoll.await(wait);
      for (int i = 0; i < ready; i++) {
        int stream = (int) epoll.token(i);
        if (stream == WAKE) {
          epoll.remove(wake.fd());
          deadline = System.nanoTime() + EOF_GRACE.toNanos();
        } else if (!readSome(stream, buffer)) {
          epoll.remove(readers[stream]);
          open--;
        }
      }
      // Also if a child of the command goes on writing.
      if (deadline != 0 && deadline - System.nanoTime() <= 0) {
        return;
      }
    }
  }

  /**
   * Reads what the pipe holds now.
   *
   * @return false at the end of the stream
   */
  private boolean readSome(int stream, Memory buffer) throws IOException {
    int count = Transfer.read(readers[stream], buffer, 0, buffer.size());
    if (count < 0) {
      throw new ErrnoException("read", "output of the command", -count);
    }
    int room = Math.min(count, MAX_STREAM_BYTES - collected[stream].size());
    if (room > 0) {
      if (!budget.reserve(room)) {
        throw new CriException(
            ErrorKind.RESOURCE_EXHAUSTED,
            "ExecSync: all commands together have written more than "
                + (Budget.MAX_BYTES >> 20)
                + " MiB");
      }
      reserved += room;
      collected[stream].write(buffer.getBytes(0, room), 0, room);
    }
    return count > 0;
  }

  /** Ends the collection, also if the pipes are still open for writing. */
  @Override
  public void close() {
    if (started && !done.isDone()) {
      try {
        finish();
      } catch (IOException e) {
        // The caller has seen this failure, or an earlier one.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        done.exceptionally(_ -> null).join(); // ends within the grace time
      }
    }
    budget.release(reserved);
    wake.close();
    epoll.close();
  }
}
