package io.jukung.runtime.rpc;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import io.jukung.cri.v1.ImageServiceGrpc;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides on which thread a call runs. A call that only looks at memory runs on the thread of its
 * connection, which has read the request and writes the answer: handing the call to another thread
 * and back takes longer than the call itself. Such a call is made by {@link Rpc#quick}. Every other
 * call runs on a virtual thread of its own, because it may wait.
 */
public final class QuickCalls implements ServerCallExecutorSupplier {
  /** The calls that are made by {@link Rpc#quick}, by the full names of their methods. */
  public static final Set<String> NAMES =
      Stream.of(
              RuntimeServiceGrpc.getVersionMethod(),
              RuntimeServiceGrpc.getRuntimeConfigMethod(),
              RuntimeServiceGrpc.getListPodSandboxMethod(),
              RuntimeServiceGrpc.getPodSandboxStatusMethod(),
              RuntimeServiceGrpc.getListContainersMethod(),
              RuntimeServiceGrpc.getContainerStatusMethod(),
              RuntimeServiceGrpc.getListMetricDescriptorsMethod(),
              ImageServiceGrpc.getListImagesMethod(),
              ImageServiceGrpc.getImageStatusMethod())
          .map(MethodDescriptor::getFullMethodName)
          .collect(Collectors.toUnmodifiableSet());

  private static final Logger LOG = LoggerFactory.getLogger(Rpc.class);

  private final Executor calls;

  /**
   * @param calls runs the calls that may wait
   */
  public QuickCalls(Executor calls) {
    this.calls = calls;
  }

  @Override
  public <Q, R> Executor getExecutor(ServerCall<Q, R> call, Metadata headers) {
    // With the log at debug each call writes a line, and whoever reads the log may be slow.
    return !LOG.isDebugEnabled() && NAMES.contains(call.getMethodDescriptor().getFullMethodName())
        ? Runnable::run
        : calls;
  }
}
