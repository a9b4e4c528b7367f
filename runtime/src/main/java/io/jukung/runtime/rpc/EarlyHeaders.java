package io.jukung.runtime.rpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.jukung.client.v1.ContainersGrpc;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import java.util.Objects;
import java.util.Set;

/**
 * Lets GetContainerEvents send the headers of its answer before the first event. By them a caller
 * knows from when on no event is missing. gRPC itself sends them with the first event, which may
 * come after hours.
 */
public final class EarlyHeaders implements ServerInterceptor {
  /** The calls that are made by {@link Rpc#subscription}. */
  private static final Set<String> METHODS =
      Set.of(
          RuntimeServiceGrpc.getGetContainerEventsMethod().getFullMethodName(),
          ContainersGrpc.getCopyOutMethod().getFullMethodName());

  private static final Context.Key<Runnable> OPENING = Context.key("opening");

  /** What sends the headers of the call that the current thread serves. */
  static Runnable ofCurrentCall() {
    return Objects.requireNonNull(OPENING.get(), "a call without early headers");
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (!METHODS.contains(call.getMethodDescriptor().getFullMethodName())) {
      return next.startCall(call, headers);
    }
    Once<Q, R> once = new Once<>(call);
    Context context = Context.current().withValue(OPENING, () -> once.sendHeaders(new Metadata()));
    return Contexts.interceptCall(context, once, headers, next);
  }

  /** A call whose headers are sent once, however often they are given. */
  private static final class Once<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private boolean sent;

    Once(ServerCall<Q, R> call) {
      super(call);
    }

    @Override
    public void sendHeaders(Metadata headers) {
      if (!sent) {
        sent = true;
        super.sendHeaders(headers);
      }
    }
  }
}
