package io.jukung.runtime.metrics;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/** Counts the calls of the gRPC server and how long they take. Thread-safe. */
public final class CallMetrics implements ServerInterceptor {
  /**
   * Lists and status take a part of a millisecond, a pod takes tens of milliseconds, a stop its
   * grace period, a pull minutes.
   */
  private static final List<Double> BOUNDS_SECONDS =
      List.of(0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0);

  private final Durations durations =
      new Durations(
          "jukung_rpc_seconds",
          List.of("rpc", "code"),
          "How long calls took, by their name and the gRPC code of their end",
          BOUNDS_SECONDS);

  private final LongAdder underWay = new LongAdder();

  public List<Family> families() {
    return List.of(
        durations,
        Reading.gauge("jukung_rpcs_under_way", "Calls that have not ended", underWay::sum));
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Measurement measurement = new Measurement(call.getMethodDescriptor().getBareMethodName());
    try {
      return new Watched<>(
          next.startCall(
              new SimpleForwardingServerCall<>(call) {
                @Override
                public void close(Status status, Metadata trailers) {
                  measurement.end(status.getCode());
                  super.close(status, trailers);
                }
              },
              headers),
          measurement);
    } catch (RuntimeException | Error e) { // gRPC ends the call with this code
      measurement.end(Status.Code.UNKNOWN);
      throw e;
    }
  }

  /** One call, which is counted once. */
  private final class Measurement {
    private final String rpc;
    private final long start = System.nanoTime();
    private final AtomicBoolean ended = new AtomicBoolean();

    Measurement(String rpc) {
      this.rpc = rpc;
      underWay.increment();
    }

    void end(Status.Code code) {
      if (ended.compareAndSet(false, true)) {
        underWay.decrement();
        durations.observe(
            Labels.of("rpc", rpc).and("code", code.name()),
            Duration.ofNanos(System.nanoTime() - start));
      }
    }
  }

  /** Sees the end of calls whose client goes away before the request is complete. */
  private static final class Watched<Q> extends SimpleForwardingServerCallListener<Q> {
    private final Measurement measurement;

    Watched(ServerCall.Listener<Q> listener, Measurement measurement) {
      super(listener);
      this.measurement = measurement;
    }

    @Override
    public void onCancel() {
      measurement.end(Status.Code.CANCELLED);
      super.onCancel();
    }
  }
}
