package io.jukung.runtime.rpc;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;

/**
 * Answers requests that are no messages of the protocol with INVALID_ARGUMENT. gRPC would answer
 * INTERNAL or UNKNOWN, and log a stack trace, as if the daemon were at fault.
 */
public final class MalformedRequests {
  private MalformedRequests() {}

  /** What the marshaller makes of the bytes of a request: the message, or why it is none. */
  private sealed interface Parsed<Q> {
    record Good<Q>(Q request) implements Parsed<Q> {}

    record Bad<Q>(String why) implements Parsed<Q> {}
  }

  /** The service, whose methods are called with well-formed requests only. */
  public static ServerServiceDefinition refuse(ServerServiceDefinition service) {
    ServerServiceDefinition.Builder guarded =
        ServerServiceDefinition.builder(service.getServiceDescriptor().getName());
    service.getMethods().forEach(method -> add(guarded, method));
    return guarded.build();
  }

  private static <Q, R> void add(
      ServerServiceDefinition.Builder service, ServerMethodDefinition<Q, R> method) {
    MethodDescriptor<Q, R> descriptor = method.getMethodDescriptor();
    service.addMethod(
        descriptor.toBuilder(
                new Requests<>(descriptor.getRequestMarshaller()),
                descriptor.getResponseMarshaller())
            .build(),
        new Handler<>(method.getServerCallHandler()));
  }

  private record Requests<Q>(Marshaller<Q> messages) implements Marshaller<Parsed<Q>> {
    @Override
    public InputStream stream(Parsed<Q> value) {
      throw new UnsupportedOperationException("a server sends no requests");
    }

    @Override
    public Parsed<Q> parse(InputStream bytes) {
      try {
        return new Parsed.Good<>(messages.parse(bytes));
      } catch (StatusRuntimeException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return new Parsed.Bad<>(String.valueOf(cause.getMessage()));
      }
    }
  }

  private record Handler<Q, R>(ServerCallHandler<Q, R> next)
      implements ServerCallHandler<Parsed<Q>, R> {
    @Override
    @SuppressWarnings("unchecked") // a call does nothing with requests
    public ServerCall.Listener<Parsed<Q>> startCall(
        ServerCall<Parsed<Q>, R> call, Metadata headers) {
      return new Listener<>(
          call, next.startCall((ServerCall<Q, R>) (ServerCall<?, R>) call, headers));
    }
  }

  private static final class Listener<Q, R> extends SimpleForwardingServerCallListener<Parsed<Q>> {
    private final ServerCall<Parsed<Q>, R> call;
    private final ServerCall.Listener<Q> next;
    private boolean refused;

    @SuppressWarnings("unchecked") // everything but onMessage is passed on as it is
    Listener(ServerCall<Parsed<Q>, R> call, ServerCall.Listener<Q> next) {
      super((ServerCall.Listener<Parsed<Q>>) (ServerCall.Listener<?>) next);
      this.call = call;
      this.next = next;
    }

    @Override
    public void onMessage(Parsed<Q> message) {
      // Not a switch: Java would generate a class for it at run time, in the daemon's first call.
      if (message instanceof Parsed.Good<Q>(Q request)) {
        next.onMessage(request);
      } else if (message instanceof Parsed.Bad<Q>(String why)) {
        refused = true;
        call.close(
            Status.INVALID_ARGUMENT.withDescription(
                "the request is not valid, or has text that is not valid UTF-8: " + why),
            new Metadata());
      }
    }

    @Override
    public void onHalfClose() {
      if (!refused) {
        next.onHalfClose();
      }
    }
  }
}
