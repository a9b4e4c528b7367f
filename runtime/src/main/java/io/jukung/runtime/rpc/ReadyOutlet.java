package io.jukung.runtime.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.jukung.runtime.call.Outlet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Gives answers to gRPC only while the caller reads them: gRPC would keep all others in memory. To
 * be made on the thread that the call arrived on, before that thread leaves the call.
 */
final class ReadyOutlet<R> implements Outlet<R> {
  private final ServerCallStreamObserver<R> answer;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ready = lock.newCondition();
  private final Runnable opening;

  ReadyOutlet(ServerCallStreamObserver<R> answer) {
    this(answer, EarlyHeaders.ofCurrentCall());
  }

  /**
   * As the other constructor, of any call.
   *
   * @param opening tells the caller that the call is being served
   */
  ReadyOutlet(ServerCallStreamObserver<R> answer, Runnable opening) {
    this.answer = answer;
    this.opening = opening;
    answer.setOnReadyHandler(this::wake);
    // Without a handler, an answer to a caller that is gone would throw. The cancellation
    // interrupts
    // the thread that sends.
    answer.setOnCancelHandler(() -> {});
  }

  private void wake() {
    lock.lock();
    try {
      ready.signal();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void open() {
    opening.run();
  }

  @Override
  public void send(R message) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!answer.isReady()) {
        ready.await();
      }
    } finally {
      lock.unlock();
    }
    answer.onNext(message);
  }
}
