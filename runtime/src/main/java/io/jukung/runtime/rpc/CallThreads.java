package io.jukung.runtime.rpc;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import java.util.concurrent.Executor;

/**
 * Decides on which thread gRPC hands over the parts of a call. Those of a call with one request and
 * one answer are handed over on the thread of the connection, which has read them: another thread
 * would have to be woken once for the call, once for its request and once for its end. {@link Rpc}
 * then carries the call out there if it only looks at memory, and otherwise on one virtual thread.
 * The parts of a stream are handed over on virtual threads, because whoever takes them may wait.
 */
public final class CallThreads implements ServerCallExecutorSupplier {
  private final Executor streams;

  /**
   * @param streams runs what takes the parts of streams, and may wait
   */
  public CallThreads(Executor streams) {
    this.streams = streams;
  }

  @Override
  public <Q, R> Executor getExecutor(ServerCall<Q, R> call, Metadata headers) {
    return call.getMethodDescriptor().getType() == MethodDescriptor.MethodType.UNARY
        ? Runnable::run
        : streams;
  }
}
