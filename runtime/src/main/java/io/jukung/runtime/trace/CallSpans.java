package io.jukung.runtime.trace;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.jukung.cri.ErrorKind;
import io.jukung.image.pull.ActivePulls.Progress;
import io.jukung.image.pull.PullObserver;
import io.jukung.runtime.call.CallTrace;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Makes a span of each call whose caller traces it, and of the call's main steps. Spans have the
 * names and ids of what they are about, and nothing else of a request. Thread-safe.
 */
public final class CallSpans implements ServerInterceptor, PullObserver, AutoCloseable {
  private static final Metadata.Key<String> TRACE_PARENT =
      Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

  private final SpanExporter exporter;
  private final boolean roots;

  private CallSpans(SpanExporter exporter, boolean roots) {
    this.exporter = exporter;
    this.roots = roots;
  }

  /**
   * Starts to send spans.
   *
   * @param endpoint the URL of a collector that takes OTLP over HTTP
   * @param roots whether a call without the header traceparent begins a trace
   * @param resource the attributes of this process
   */
  public static CallSpans start(URI endpoint, boolean roots, Map<String, Object> resource) {
    return new CallSpans(SpanExporter.start(endpoint, new OtlpJson(resource)), roots);
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Optional<TraceParent> parent = TraceParent.parse(headers.get(TRACE_PARENT));
    boolean wanted = parent.map(TraceParent::sampled).orElse(roots);
    if (!wanted) {
      return next.startCall(call, headers);
    }
    Traced traced = new Traced(call.getMethodDescriptor().getFullMethodName(), parent);
    ServerCall<Q, R> watched =
        new SimpleForwardingServerCall<>(call) {
          @Override
          public void close(Status status, Metadata trailers) {
            traced.end(status);
            super.close(status, trailers);
          }
        };
    var listener = new AtomicReference<ServerCall.Listener<Q>>();
    try {
      traced.during(() -> listener.set(next.startCall(watched, headers)));
      return new Served<>(Objects.requireNonNull(listener.get()), traced);
    } catch (RuntimeException | Error e) { // gRPC ends the call with this code
      traced.end(Status.UNKNOWN);
      throw e;
    }
  }

  /** A pull ends on the thread of the call that has asked for it. */
  @Override
  public void ended(Progress pull, Duration took, @Nullable ErrorKind failure) {
    CallTrace trace = CallTrace.current();
    if (trace != null) {
      long now = System.nanoTime();
      trace.step("pull", pull.image(), now - took.toNanos(), now, failure != null);
    }
  }

  @Override
  public void close() throws InterruptedException {
    exporter.close();
  }

  private static String id(int words) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    StringBuilder id = new StringBuilder();
    for (int i = 0; i < words; i++) {
      long word = random.nextLong();
      id.append("%016x".formatted(word == 0 ? 1 : word)); // an id of zeros is none
    }
    return id.toString();
  }

  /** One call. */
  private final class Traced implements CallTrace {
    private final String method;
    private final String traceId;
    private final String spanId = CallSpans.id(1);
    private final String parentId;
    private final long startNanos = System.nanoTime();
    private final long startUnixNanos = unixNanos();
    private final AtomicBoolean ended = new AtomicBoolean();

    Traced(String method, Optional<TraceParent> parent) {
      this.method = method;
      this.traceId = parent.map(TraceParent::traceId).orElseGet(() -> CallSpans.id(2));
      this.parentId = parent.map(TraceParent::spanId).orElse("");
    }

    private static long unixNanos() {
      Instant now = Instant.now();
      return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    /** All times of a call are told by one clock, so that a step never leaves its call. */
    private long at(long nanos) {
      return startUnixNanos + (nanos - startNanos);
    }

    @Override
    public String id() {
      return traceId;
    }

    @Override
    public void step(String name, String subject, long start, long end, boolean failed) {
      exporter.export(
          new Span(
              traceId,
              CallSpans.id(1),
              spanId,
              name,
              Span.Kind.INTERNAL,
              at(start),
              at(end),
              Map.of("jukung.subject", subject),
              failed ? "failed" : ""));
    }

    void end(Status status) {
      if (!ended.compareAndSet(false, true)) {
        return;
      }
      int slash = method.indexOf('/');
      Map<String, Object> attributes = new LinkedHashMap<>();
      attributes.put("rpc.system", "grpc");
      attributes.put("rpc.service", method.substring(0, slash));
      attributes.put("rpc.method", method.substring(slash + 1));
      attributes.put("rpc.grpc.status_code", status.getCode().value());
      exporter.export(
          new Span(
              traceId,
              spanId,
              parentId,
              method,
              Span.Kind.SERVER,
              startUnixNanos,
              at(System.nanoTime()),
              attributes,
              status.isOk() ? "" : status.getCode().name()));
    }
  }

  /** What the caller sends reaches the call's code with the trace. */
  private static final class Served<Q> extends SimpleForwardingServerCallListener<Q> {
    private final Traced traced;

    Served(ServerCall.Listener<Q> listener, Traced traced) {
      super(listener);
      this.traced = traced;
    }

    @Override
    public void onMessage(Q message) {
      traced.during(() -> super.onMessage(message));
    }

    @Override
    public void onHalfClose() {
      traced.during(super::onHalfClose);
    }

    @Override
    public void onReady() {
      traced.during(super::onReady);
    }

    @Override
    public void onComplete() {
      traced.during(super::onComplete);
    }

    /** The client has gone away. */
    @Override
    public void onCancel() {
      traced.end(Status.CANCELLED);
      traced.during(super::onCancel);
    }
  }
}
