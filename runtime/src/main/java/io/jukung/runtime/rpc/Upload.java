package io.jukung.runtime.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.jukung.runtime.call.Outlet;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A call whose request is a stream of pieces of a file. The work reads them as a stream of bytes on
 * a thread of its own, and the caller sends no faster than the work reads. gRPC calls the methods
 * of the observer one after the other.
 *
 * @param <Q> a message of the request; the first one says what to do
 * @param <R> the answer
 */
public final class Upload<Q extends Message, R> implements StreamObserver<Q> {
  /** How many pieces may wait to be read. More would help nobody: the disk is the slower end. */
  private static final int MAX_WAITING = 2;

  private final ServerCallStreamObserver<R> answer;
  private final Function<Q, ByteString> bytes;
  private final Dialogue<Q, R> work;
  private final Outlet<R> outlet;

  /** An empty piece stands for the end. There is room for it besides the pieces. */
  private final BlockingQueue<ByteString> waiting = new ArrayBlockingQueue<>(MAX_WAITING + 1);

  private volatile @Nullable Thread reader;
  private volatile boolean failed;

  /** Does the work of the call. */
  @FunctionalInterface
  public interface Work<Q, R> {
    R call(Q first, InputStream content) throws Exception;
  }

  /** Does the work of a call that has many answers. */
  @FunctionalInterface
  public interface Dialogue<Q, R> {
    void call(Q first, InputStream content, Outlet<R> outlet) throws Exception;
  }

  /**
   * A call with one answer. To be made on the thread that the call arrived on.
   *
   * @param bytes the piece in a message; it may be empty
   */
  public Upload(
      ServerCallStreamObserver<R> answer, Function<Q, ByteString> bytes, Work<Q, R> work) {
    this(answer, bytes, (first, content, _) -> answer.onNext(work.call(first, content)));
  }

  /** As the constructor, of a call that has many answers. */
  public static <Q extends Message, R> Upload<Q, R> answering(
      ServerCallStreamObserver<R> answer, Function<Q, ByteString> bytes, Dialogue<Q, R> work) {
    return new Upload<>(answer, bytes, work);
  }

  private Upload(
      ServerCallStreamObserver<R> answer, Function<Q, ByteString> bytes, Dialogue<Q, R> work) {
    this.answer = answer;
    this.bytes = bytes;
    this.work = work;
    this.outlet = new ReadyOutlet<>(answer, () -> {}); // the first answer tells it
    answer.disableAutoRequest();
    answer.setOnCancelHandler(this::fail);
    answer.request(MAX_WAITING); // and one more for each that is read
  }

  @Override
  public void onNext(Q message) {
    if (reader == null) {
      Context context = Context.current();
      reader =
          Thread.ofVirtual()
              .name("rpc-" + message.getDescriptorForType().getName())
              .start(context.wrap(() -> run(message, context)));
    }
    ByteString piece = bytes.apply(message);
    if (piece.isEmpty()) {
      answer.request(1);
    } else if (!waiting.offer(piece)) {
      throw new IllegalStateException("a caller has sent more than it was asked for");
    }
  }

  private void run(Q first, Context context) {
    try {
      work.call(first, new Content(), outlet);
      answer.onCompleted();
    } catch (Throwable e) { // an Error too: the caller must get its answer
      Status status = ErrorStatus.of(e, context);
      answer.onError(status.asRuntimeException());
    }
  }

  @Override
  public void onError(Throwable failure) {
    fail();
  }

  private void fail() {
    failed = true;
    Thread running = reader;
    if (running != null) {
      running.interrupt();
    }
  }

  @Override
  public void onCompleted() {
    if (reader == null) {
      answer.onError(
          Status.INVALID_ARGUMENT.withDescription("the request is empty").asRuntimeException());
      return;
    }
    if (!waiting.offer(ByteString.EMPTY)) {
      throw new IllegalStateException("there is room for the end");
    }
  }

  /** The bytes of the pieces, one after the other. */
  private final class Content extends InputStream {
    private ByteString current = ByteString.EMPTY;
    private int position;
    private boolean ended;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      while (position == current.size() && !ended) {
        take();
      }
      if (ended) {
        return -1;
      }
      int count = Math.min(length, current.size() - position);
      current.substring(position, position + count).copyTo(target, offset);
      position += count;
      return count;
    }

    private void take() throws IOException {
      if (failed) {
        throw new IOException("the caller is gone");
      }
      try {
        current = waiting.take();
        position = 0;
        ended = current.isEmpty();
        if (!ended) {
          answer.request(1);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw (IOException) new InterruptedIOException("the copy was cancelled").initCause(e);
      }
    }
  }
}
