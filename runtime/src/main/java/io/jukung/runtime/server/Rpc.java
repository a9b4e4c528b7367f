package io.jukung.runtime.server;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one call on the thread that the call arrived on: interrupts the thread when the caller
 * cancels or its deadline passes, turns exceptions into a gRPC status, and writes a line to the
 * access log.
 */
final class Rpc {
  private static final Logger LOG = LoggerFactory.getLogger(Rpc.class);

  /**
   * The fields of a request that the log may show: names only, so that no secret gets into the log.
   */
  private static final List<String> SUBJECTS = List.of("container_id", "pod_sandbox_id", "image");

  private Rpc() {}

  /** A call with one request and one answer. */
  interface Call<Q, R> {
    R call(Q request) throws Exception;
  }

  /**
   * A call with one request and many answers. One thread at a time gives the answers to the sink,
   * in order.
   */
  interface StreamingCall<Q, R> {
    void call(Q request, Consumer<R> sink) throws Exception;
  }

  static <Q extends Message, R> void unary(Call<Q, R> call, Q request, StreamObserver<R> answer) {
    run(() -> answer.onNext(call.call(request)), request, answer);
  }

  static <Q extends Message, R> void streaming(
      StreamingCall<Q, R> call, Q request, StreamObserver<R> answer) {
    run(() -> call.call(request, answer::onNext), request, answer);
  }

  private interface Work {
    void run() throws Exception;
  }

  private static <Q extends Message> void run(Work work, Q request, StreamObserver<?> answer) {
    if (answer instanceof ServerCallStreamObserver<?> call) {
      // Without a handler, an answer to a caller that is gone would throw.
      call.setOnCancelHandler(() -> {});
    }
    long start = System.nanoTime();
    Context context = Context.current();
    Status status = Status.OK;
    Interrupter interrupter = new Interrupter(Thread.currentThread());
    context.addListener(interrupter, Runnable::run);
    try {
      work.run();
    } catch (Throwable e) { // an Error too: the caller must get its answer
      status = ErrorStatus.of(e, context);
      logFailure(request, status, e);
    } finally {
      context.removeListener(interrupter);
      interrupter.disarm();
    }
    if (status.isOk()) {
      answer.onCompleted();
    } else {
      answer.onError(status.asRuntimeException());
    }
    logAccess(request, status, System.nanoTime() - start);
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

  private static void logFailure(Message request, Status status, Throwable failure) {
    if (status.getCode() == Status.Code.INTERNAL) {
      LOG.error("{} {} failed", name(request), subject(request), failure);
    }
  }

  private static void logAccess(Message request, Status status, long nanos) {
    if (LOG.isDebugEnabled()) {
      String description = status.getDescription();
      LOG.debug(
          "{} {} {} in {} ms{}",
          name(request),
          subject(request),
          status.getCode(),
          nanos / 1_000_000,
          description == null ? "" : ": " + description);
    }
  }

  private static String name(Message request) {
    String type = request.getDescriptorForType().getName();
    return type.endsWith("Request") ? type.substring(0, type.length() - "Request".length()) : type;
  }

  /** The ID or image name that a request is about; "-" if the request is about no single object. */
  private static String subject(Message request) {
    for (String field : SUBJECTS) {
      FieldDescriptor descriptor = request.getDescriptorForType().findFieldByName(field);
      if (descriptor != null && !descriptor.isRepeated()) {
        Object value = request.getField(descriptor);
        return value instanceof Message nested ? subject(nested) : value.toString();
      }
    }
    return "-";
  }
}
