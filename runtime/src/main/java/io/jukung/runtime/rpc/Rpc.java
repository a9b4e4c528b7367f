package io.jukung.runtime.rpc;

import com.google.protobuf.Message;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.jukung.cri.CriException;
import io.jukung.runtime.call.CallTrace;
import io.jukung.runtime.call.EncodedMessage;
import io.jukung.runtime.call.Outlet;
import io.jukung.runtime.call.RequestFields;
import io.jukung.runtime.log.CallContext;
import io.jukung.runtime.log.LoggedStacks;
import io.jukung.runtime.log.RequestSubject;
import java.io.IOException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries calls out: interrupts the thread of a call when the caller cancels or its deadline
 * passes, turns exceptions into a gRPC status, and writes a line to the access log. {@link
 * CallThreads} says on which thread a call arrives.
 */
public final class Rpc {
  private static final Logger LOG = LoggerFactory.getLogger(Rpc.class);

  private static final LoggedStacks STACKS = new LoggedStacks();

  /**
   * The largest request of a quick call. Filters of lists and ids of objects are far smaller; a
   * request of 16 MiB with labels would occupy the thread of its connection for long.
   */
  private static final int MAX_QUICK_BYTES = 64 << 10;

  private Rpc() {}

  /** A call with one request and one answer. */
  public interface Call<Q, R> {
    R call(Q request) throws Exception;
  }

  /**
   * A call with one request and many answers. One thread at a time gives the answers to the sink,
   * in order.
   */
  public interface StreamingCall<Q, R> {
    void call(Q request, Consumer<R> sink) throws Exception;
  }

  /** Makes a call that may wait, on a virtual thread of its own. */
  public static <Q extends Message, R> void unary(
      Call<Q, R> call, Q request, StreamObserver<R> answer) {
    ignoreCancellation(answer);
    startThread(() -> run(() -> answer.onNext(call.call(request)), request, answer), request);
  }

  /**
   * Makes a call that only looks at memory: it neither waits, nor opens a file, nor takes a lock
   * that is held for long. The call runs on the thread of the connection, and is not interrupted.
   */
  public static <Q extends Message, R> void quick(
      Call<Q, R> call, Q request, StreamObserver<R> answer) {
    // With the log at debug each call writes a line, and whoever reads the log may be slow. And the
    // check of a large request's text takes long.
    if (LOG.isDebugEnabled() || request.getSerializedSize() > MAX_QUICK_BYTES) {
      unary(call, request, answer);
      return;
    }
    ignoreCancellation(answer);
    long start = System.nanoTime();
    Status status = Status.OK;
    try {
      RequestFields.check(request);
      answer.onNext(call.call(request));
    } catch (Throwable e) { // an Error too: the caller must get its answer
      status = failed(request, e, Context.current());
    }
    end(request, status, answer, start);
  }

  /**
   * As {@link #quick}, for an answer that is serialized already.
   *
   * @param answer belongs to a service of {@link EncodedAnswers#accept}
   */
  public static <Q extends Message> void encoded(
      Call<Q, EncodedMessage> call, Q request, StreamObserver<?> answer) {
    quick(call, request, EncodedAnswers.of(answer));
  }

  /** Runs the call on the thread that it arrived on, which may wait. */
  public static <Q extends Message, R> void streaming(
      StreamingCall<Q, R> call, Q request, StreamObserver<R> answer) {
    ignoreCancellation(answer);
    run(() -> call.call(request, answer::onNext), request, answer);
  }

  /** A call with one request and answers that come as long as the caller wants them. */
  public interface Subscription<Q, R> {
    void call(Q request, Outlet<R> outlet) throws Exception;
  }

  /**
   * Runs the call on a thread of its own: gRPC tells that the caller has read answers only when the
   * thread that the call arrived on is free.
   */
  public static <Q extends Message, R> void subscription(
      Subscription<Q, R> call, Q request, StreamObserver<R> answer) {
    ReadyOutlet<R> outlet = new ReadyOutlet<>((ServerCallStreamObserver<R>) answer);
    startThread(() -> run(() -> call.call(request, outlet), request, answer), request);
  }

  /** Starts the thread of a call, which goes on with the context and the trace of the caller. */
  private static void startThread(Runnable work, Message request) {
    CallTrace trace = CallTrace.current();
    Thread.ofVirtual()
        .name("rpc-" + RequestSubject.call(request))
        .start(Context.current().wrap(trace == null ? work : () -> trace.during(work)));
  }

  private interface Work {
    void run() throws Exception;
  }

  private static void ignoreCancellation(StreamObserver<?> answer) {
    if (answer instanceof ServerCallStreamObserver<?> call) {
      // Without a handler, an answer to a caller that is gone would throw.
      call.setOnCancelHandler(() -> {});
    }
  }

  private static <Q extends Message> void run(Work work, Q request, StreamObserver<?> answer) {
    long start = System.nanoTime();
    Context context = Context.current();
    Status status = Status.OK;
    Interrupter interrupter = new Interrupter(Thread.currentThread());
    context.addListener(interrupter, Runnable::run);
    try (CallContext _ = CallContext.of(request)) {
      RequestFields.check(request);
      work.run();
    } catch (Throwable e) { // an Error too: the caller must get its answer
      status = failed(request, e, context);
    } finally {
      context.removeListener(interrupter);
      interrupter.disarm();
    }
    end(request, status, answer, start);
  }

  private static Status failed(Message request, Throwable failure, Context context) {
    Status status = ErrorStatus.of(failure, context);
    if (status.getCode() == Status.Code.INTERNAL) {
      logFailure(request, status, failure);
    }
    return status;
  }

  /**
   * A stack is of use for a fault of jukung alone. That of the node or of a plugin has its text.
   */
  private static void logFailure(Message request, Status status, Throwable failure) {
    String call = RequestSubject.call(request);
    String subject = RequestSubject.of(request);
    boolean ownFault = !(failure instanceof IOException || failure instanceof CriException);
    if (ownFault && STACKS.isFirst(failure)) {
      LOG.error("{} {} failed: {}", call, subject, failure.toString(), failure);
    } else {
      LOG.error("{} {} failed: {}", call, subject, status.getDescription());
    }
  }

  private static void end(
      Message request, Status status, StreamObserver<?> answer, long startNanos) {
    if (status.isOk()) {
      answer.onCompleted();
    } else {
      answer.onError(status.asRuntimeException());
    }
    logAccess(request, status, System.nanoTime() - startNanos);
  }

  /** Interrupts the thread of the call, but never the work that the thread does after the call. */
  private static final class Interrupter implements Context.CancellationListener {
    private final Thread thread;
    private boolean armed = true;

    Interrupter(Thread thread) {
      this.thread = thread;
    }

    @Override
    public synchronized void cancelled(Context context) {
      if (armed) {
        thread.interrupt();
      }
    }

    /** Must be called on the thread of the call. */
    synchronized void disarm() {
      armed = false;
      // An interrupt that came too late for this call must not reach the next work of the thread.
      var _ = Thread.interrupted();
    }
  }

  private static void logAccess(Message request, Status status, long nanos) {
    if (LOG.isDebugEnabled()) {
      String description = status.getDescription();
      LOG.debug(
          "{} {} {} in {} ms{}",
          RequestSubject.call(request),
          RequestSubject.of(request),
          status.getCode(),
          nanos / 1_000_000,
          description == null ? "" : ": " + description);
    }
  }
}
