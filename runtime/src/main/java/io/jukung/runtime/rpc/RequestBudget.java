package io.jukung.runtime.rpc;

import io.grpc.Context;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.jukung.client.v1.BuildsGrpc;
import io.jukung.client.v1.ContainersGrpc;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the memory that the requests of all calls together take, from their first byte until the
 * call has ended. gRPC bounds a single request only: 24 requests of 14 MB at once took more direct
 * memory than the JVM has, and all connections were dropped.
 *
 * <p>A call whose request exceeds what is left is refused with RESOURCE_EXHAUSTED while it arrives,
 * and what has arrived is released. A small request is never refused, so that pods can be stopped
 * and listed meanwhile.
 */
public final class RequestBudget {
  /**
   * A request is in the heap some five times while it is carried out: as text, as a record, as
   * JSON. The heap has 512 MiB.
   */
  public static final long MAX_BYTES = 64L << 20;

  /** As large as any request that kubelet makes for a usual pod. */
  static final long ALWAYS_ACCEPTED_BYTES = 64 << 10;

  /** The calls whose requests are streams. What was read of such a request is not in the heap. */
  static final Set<String> STREAMS =
      Set.of(
          BuildsGrpc.getBuildMethod().getFullMethodName(),
          BuildsGrpc.getForwardAgentsMethod().getFullMethodName(),
          ContainersGrpc.getCopyInMethod().getFullMethodName());

  private static final Context.Key<Account> ACCOUNT = Context.key("bytes of the request");

  private final long maxBytes;
  private final Status refusal;
  private final AtomicLong used = new AtomicLong();

  /**
   * @param maxMessageBytes the largest request that the server accepts; one of this size always
   *     finds room if it is alone
   */
  public RequestBudget(long maxMessageBytes) {
    this.maxBytes = Math.max(MAX_BYTES, maxMessageBytes);
    this.refusal =
        Status.RESOURCE_EXHAUSTED.withDescription(
            "the requests that arrive or are carried out at this moment have more than "
                + (maxBytes >> 20)
                + " MiB together, repeat this one later");
  }

  public void install(NettyServerBuilder builder) {
    builder.addStreamTracerFactory(new Accounts()).intercept(new Refusals());
  }

  /** gRPC makes one tracer for each call. */
  private final class Accounts extends ServerStreamTracer.Factory {
    @Override
    public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
      return new Account(STREAMS.contains(method));
    }
  }

  /** The bytes of one call. gRPC counts on a thread of the transport. */
  private final class Account extends ServerStreamTracer {
    private final boolean isStream;
    private long own;
    private boolean isReleased;
    private boolean isRefused;
    private @Nullable Runnable refuse;

    Account(boolean isStream) {
      this.isStream = isStream;
    }

    /** Called when a message is complete and is handed over. */
    @Override
    public synchronized void inboundMessageRead(
        int sequenceNumber, long wireBytes, long uncompressedBytes) {
      if (isStream && !isReleased) {
        used.addAndGet(-own);
        own = 0;
      }
    }

    @Override
    public Context filterContext(Context context) {
      return context.withValue(ACCOUNT, this);
    }

    /** Called with each part of a message that has arrived, before the message is complete. */
    @Override
    public synchronized void inboundWireSize(long bytes) {
      if (isReleased) {
        return;
      }
      own += bytes;
      if (used.addAndGet(bytes) > maxBytes && own > ALWAYS_ACCEPTED_BYTES) {
        isRefused = true;
        // At once, and not when the stream is closed: until then parts of the others would arrive
        // and be refused, too, and none would be carried out.
        release();
        if (refuse != null) {
          refuse.run();
        }
      }
    }

    @Override
    public synchronized void streamClosed(Status status) {
      release();
    }

    private void release() {
      if (!isReleased) {
        isReleased = true;
        used.addAndGet(-own);
      }
    }

    /** Must be called before any part of the request is asked for. */
    synchronized void onRefusal(Runnable action) {
      refuse = action;
    }

    synchronized boolean isRefused() {
      return isRefused;
    }
  }

  /** Closes a refused call, and keeps its request from being carried out. */
  private final class Refusals implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      Account account = ACCOUNT.get();
      account.onRefusal(() -> call.close(refusal, new Metadata()));
      return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
        @Override
        public void onMessage(Q message) {
          if (!account.isRefused()) {
            super.onMessage(message);
          }
        }

        @Override
        public void onHalfClose() {
          if (!account.isRefused()) {
            super.onHalfClose();
          }
        }
      };
    }
  }
}
