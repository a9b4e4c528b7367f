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
 * Runs one call on the thread it came in on: interrupts it when the caller gives up or its deadline
 * passes, turns what it throws into a status, and writes its line to the access log.
 */
final class Rpc {
  private static final Logger LOG = LoggerFactory.getLogger(Rpc.class);

  /** What the log may say of a request: names only, so that no secret can slip in. */
  private static final List<String> SUBJECTS = List.of("container_id", "pod_sandbox_id", "image");

  private Rpc() {}

  /** One request, one answer. */
  interface Call<Q, R> {
    R call(Q request) throws Exception;
  }

  /** One request, many answers, given to the sink in order by one thread at a time. */
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
      // Without it answers to a caller that is gone would throw; the interrupt tells enough.
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

  /** Interrupts the call's thread, and no later work of that thread. */
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

    /** To be called on the thread itself. */
    synchronized void disarm() {
      armed = false;
      // The flag, if it came too late to be noticed, is not for who runs here next.
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

  /** The ID or image name a request is about; "-" where it is about nothing in particular. */
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
