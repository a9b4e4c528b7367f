package io.jukung.runtime.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * A call in which both sides send messages as they please. It ends when the caller has no more
 * messages, or is gone.
 *
 * @param <Q> a message of the caller
 * @param <R> a message for the caller
 */
public final class Exchange<Q, R> implements StreamObserver<Q> {
  private final ServerCallStreamObserver<R> answer;
  private final ReadyOutlet<R> outlet;
  private final ReentrantLock lock = new ReentrantLock();
  private final Receiver<Q> receiver;

  /** Takes the caller's messages, one at a time. Its methods must not block. */
  public interface Receiver<Q> {
    void received(Q message);

    /** The caller is gone. Called once or twice. */
    void ended();
  }

  /** The way to the caller. Thread-safe. */
  @FunctionalInterface
  public interface Sender<R> {
    /**
     * Waits until the caller takes messages. A thread that waits is to be interrupted at the end.
     */
    void send(R message) throws InterruptedException;
  }

  /**
   * To be made on the thread that the call arrived on.
   *
   * @param receiver makes the receiver, which sends by what it is given
   */
  public Exchange(StreamObserver<R> answer, Function<Sender<R>, Receiver<Q>> receiver) {
    this.answer = (ServerCallStreamObserver<R>) answer;
    this.outlet = new ReadyOutlet<>(this.answer, () -> {}); // the first message tells it
    this.receiver = receiver.apply(this::send);
    this.answer.setOnCancelHandler(this.receiver::ended);
  }

  private void send(R message) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      outlet.send(message);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onNext(Q message) {
    try {
      receiver.received(message);
    } catch (RuntimeException e) {
      receiver.ended();
      fail(e);
    }
  }

  private void fail(RuntimeException e) {
    answer.onError(ErrorStatus.of(e, io.grpc.Context.current()).asRuntimeException());
  }

  @Override
  public void onError(Throwable failure) {
    receiver.ended();
  }

  @Override
  public void onCompleted() {
    receiver.ended();
    lock.lock();
    try {
      answer.onCompleted();
    } finally {
      lock.unlock();
    }
  }
}
