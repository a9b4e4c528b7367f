package io.jukung.cri.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A call that sends the bytes of an archive to the daemon, no faster than the daemon reads them.
 * Closing it before the end of the call cancels the call. Written by one thread.
 *
 * @param <Q> the requests: one that says what is to be done, then the parts of the archive
 * @param <A> the answers
 */
public abstract class ArchiveUpload<Q, A> extends OutputStream {
  private static final int PART_BYTES = 64 << 10;

  private final String what;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ClientCallStreamObserver<Q> requests;
  private byte[] buffer = new byte[PART_BYTES];
  private int filled;
  private boolean ended;
  private @Nullable Throwable failure;

  /**
   * Begins the call.
   *
   * @param what what is done, for error texts, such as "copy"
   * @param call the method of the stub
   * @param first the request before the archive
   * @param answers is told of each answer, by one thread at a time
   */
  protected ArchiveUpload(
      String what,
      Function<ClientResponseObserver<Q, A>, StreamObserver<Q>> call,
      Q first,
      Consumer<A> answers) {
    this.what = what;
    this.requests = (ClientCallStreamObserver<Q>) call.apply(new Answers(answers));
    this.requests.onNext(first);
  }

  private final class Answers implements ClientResponseObserver<Q, A> {
    private final Consumer<A> answers;

    Answers(Consumer<A> answers) {
      this.answers = answers;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<Q> stream) {
      stream.setOnReadyHandler(() -> signal(false, null));
    }

    @Override
    public void onNext(A answer) {
      answers.accept(answer);
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

  /** Makes the request that has a part of the archive. */
  protected abstract Q part(ByteString data);

  /**
   * Called before a part is sent to a daemon that has ended the call already.
   *
   * @param cause why the call has failed; null if it has not
   * @throws IOException if the rest of the archive is not to be sent
   */
  protected abstract void endedEarly(@Nullable Throwable cause) throws IOException;

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
      if (ended) {
        endedEarly(failure);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException)
          new InterruptedIOException("the " + what + " was interrupted").initCause(e);
    } finally {
      lock.unlock();
    }
    // The message keeps the array, so that its bytes are not copied.
    requests.onNext(part(UnsafeByteOperations.unsafeWrap(buffer, 0, filled)));
    buffer = new byte[PART_BYTES];
    filled = 0;
  }

  /** Sends the rest of the archive. */
  public final void complete() throws IOException {
    if (filled > 0) {
      send();
    }
    requests.onCompleted();
  }

  /**
   * Waits for the end of the call.
   *
   * @return why it has failed; null if it has not
   */
  public final @Nullable Throwable await() throws InterruptedException {
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
        requests.cancel("the " + what + " was given up", null);
      }
    } finally {
      lock.unlock();
    }
  }
}
