package io.jukung.cli.build;

import com.google.protobuf.ByteString;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.jukung.client.v1.BuildOptions;
import io.jukung.client.v1.BuildProgress;
import io.jukung.client.v1.BuildRequest;
import io.jukung.client.v1.BuildsGrpc.BuildsStub;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One build: sends the options and the context, no faster than the daemon reads it, and passes on
 * the progress, no faster than it is shown. Closing it before the end cancels the build.
 */
final class ContextUpload extends OutputStream {
  private static final int PART_BYTES = 64 << 10;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ClientCallStreamObserver<BuildRequest> requests;
  private final byte[] buffer = new byte[PART_BYTES];
  private int filled;
  private boolean ended;
  private @Nullable Throwable failure;

  /**
   * Begins the build.
   *
   * @param progress is called by one thread at a time
   */
  ContextUpload(BuildsStub daemon, BuildOptions options, Consumer<BuildProgress> progress) {
    requests = (ClientCallStreamObserver<BuildRequest>) daemon.build(new Answers(progress));
    requests.onNext(BuildRequest.newBuilder().setOptions(options).build());
  }

  private final class Answers implements ClientResponseObserver<BuildRequest, BuildProgress> {
    private final Consumer<BuildProgress> progress;

    Answers(Consumer<BuildProgress> progress) {
      this.progress = progress;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<BuildRequest> stream) {
      stream.setOnReadyHandler(() -> signal(false, null));
    }

    @Override
    public void onNext(BuildProgress message) {
      progress.accept(message);
    }

    @Override
    public void onError(Throwable cause) {
      signal(true, cause);
    }

    @Override
    public void onCompleted() {
      signal(true, null);
    }
  }

  private void signal(boolean end, @Nullable Throwable cause) {
    lock.lock();
    try {
      ended |= end;
      failure = cause == null ? failure : cause;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    int done = 0;
    while (done < length) {
      int count = Math.min(length - done, PART_BYTES - filled);
      System.arraycopy(source, offset + done, buffer, filled, count);
      filled += count;
      done += count;
      if (filled == PART_BYTES) {
        send();
      }
    }
  }

  /**
   * Sends what is in the buffer. A build that has ended already takes nothing, which is no error.
   */
  private void send() throws IOException {
    lock.lock();
    try {
      while (!requests.isReady() && !ended) {
        changed.await();
      }
      if (ended) {
        throw new BuildEndedException();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("the build was interrupted").initCause(e);
    } finally {
      lock.unlock();
    }
    requests.onNext(
        BuildRequest.newBuilder().setContext(ByteString.copyFrom(buffer, 0, filled)).build());
    filled = 0;
  }

  /** The daemon has ended the build before it has read the whole context. */
  static final class BuildEndedException extends IOException {
    private static final long serialVersionUID = 1L;

    private BuildEndedException() {
      super("the build has ended");
    }
  }

  /** Sends the rest of the context. */
  void complete() throws IOException {
    if (filled > 0) {
      send();
    }
    requests.onCompleted();
  }

  /**
   * Waits for the end of the build.
   *
   * @return why it has failed; null if it has not
   */
  @Nullable Throwable await() throws InterruptedException {
    lock.lock();
    try {
      while (!ended) {
        changed.await();
      }
      return failure;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (!ended) {
        requests.cancel("the build was given up", null);
      }
    } finally {
      lock.unlock();
    }
  }
}
