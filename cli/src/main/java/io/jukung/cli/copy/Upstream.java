package io.jukung.cli.copy;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.jukung.client.v1.ContainersGrpc.ContainersStub;
import io.jukung.client.v1.CopyInRequest;
import io.jukung.client.v1.CopyInResponse;
import io.jukung.client.v1.CopyTarget;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Sends the bytes of an archive to a container, no faster than the daemon reads them. Closing it
 * without {@link #finish} cancels the call.
 */
final class Upstream extends OutputStream {
  private static final int PART_BYTES = 64 << 10;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ClientCallStreamObserver<CopyInRequest> requests;
  private final byte[] buffer = new byte[PART_BYTES];
  private int filled;
  private boolean ended;
  private @Nullable Throwable failure;

  Upstream(ContainersStub daemon, CopyTarget target) {
    requests = (ClientCallStreamObserver<CopyInRequest>) daemon.copyIn(new Answer());
    requests.onNext(CopyInRequest.newBuilder().setTarget(target).build());
  }

  private final class Answer implements ClientResponseObserver<CopyInRequest, CopyInResponse> {
    @Override
    public void beforeStart(ClientCallStreamObserver<CopyInRequest> stream) {
      stream.setOnReadyHandler(() -> signal(false, null));
    }

    @Override
    public void onNext(CopyInResponse answer) {
      // That the files were written is told by the end of the call.
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

  private void send() throws IOException {
    lock.lock();
    try {
      while (!requests.isReady() && !ended) {
        changed.await();
      }
      throwFailure();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("the copy was interrupted").initCause(e);
    } finally {
      lock.unlock();
    }
    requests.onNext(
        CopyInRequest.newBuilder().setData(ByteString.copyFrom(buffer, 0, filled)).build());
    filled = 0;
  }

  private void throwFailure() throws IOException {
    if (failure instanceof StatusRuntimeException refused) {
      throw refused;
    }
    if (failure != null) {
      throw new IOException("the daemon did not take the files: " + failure.getMessage(), failure);
    }
  }

  /**
   * Sends the rest and waits until the daemon has written the files.
   *
   * @throws StatusRuntimeException if the daemon could not write them
   */
  void finish() throws IOException, InterruptedException {
    if (filled > 0) {
      send();
    }
    requests.onCompleted();
    lock.lock();
    try {
      while (!ended) {
        changed.await();
      }
      throwFailure();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (!ended) {
        requests.cancel("the copy was given up", null);
      }
    } finally {
      lock.unlock();
    }
  }
}
