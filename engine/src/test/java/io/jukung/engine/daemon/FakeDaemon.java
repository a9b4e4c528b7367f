package io.jukung.engine.daemon;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.jukung.client.v1.Condition;
import io.jukung.client.v1.ConditionsRequest;
import io.jukung.client.v1.ConditionsResponse;
import io.jukung.client.v1.ContainersGrpc;
import io.jukung.client.v1.ExecAsRequest;
import io.jukung.client.v1.ExecAsResponse;
import io.jukung.cri.v1.AttachRequest;
import io.jukung.cri.v1.AttachResponse;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.ContainerStatusResponse;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListContainersResponse;
import io.jukung.cri.v1.RemoveContainerRequest;
import io.jukung.cri.v1.RemoveContainerResponse;
import io.jukung.cri.v1.RemovePodSandboxRequest;
import io.jukung.cri.v1.RemovePodSandboxResponse;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.cri.v1.StopPodSandboxRequest;
import io.jukung.cri.v1.StopPodSandboxResponse;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * A daemon on a real unix socket that lists the containers of a test, and notes which of them are
 * removed. A container may have changed since it was listed.
 */
public final class FakeDaemon implements AutoCloseable {
  public final List<Container> listed = new CopyOnWriteArrayList<>();
  public final List<String> removed = new CopyOnWriteArrayList<>();

  /** The containers as they are now, by their IDs; one that has no status is gone. */
  public final Map<String, ContainerStatus> statuses = new ConcurrentHashMap<>();

  /** The IDs of the containers that wait for their restart. */
  public final Set<String> restarting = ConcurrentHashMap.newKeySet();

  /** Where the streams of all containers are. */
  public volatile String streams = "";

  private final EventLoopGroup eventLoop =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Server server;

  public FakeDaemon(Path socket) throws IOException {
    server =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioServerDomainSocketChannel.class)
            .bossEventLoopGroup(eventLoop)
            .workerEventLoopGroup(eventLoop)
            .addService(new RuntimeFake())
            .addService(new ContainersFake())
            .build()
            .start();
  }

  private static <T> void answer(StreamObserver<T> to, T message) {
    to.onNext(message);
    to.onCompleted();
  }

  private final class RuntimeFake extends RuntimeServiceGrpc.RuntimeServiceImplBase {
    @Override
    public void listContainers(
        ListContainersRequest request, StreamObserver<ListContainersResponse> to) {
      answer(to, ListContainersResponse.newBuilder().addAllContainers(listed).build());
    }

    @Override
    public void containerStatus(
        ContainerStatusRequest request, StreamObserver<ContainerStatusResponse> to) {
      ContainerStatus status = statuses.get(request.getContainerId());
      if (status == null) {
        to.onError(Status.NOT_FOUND.asRuntimeException());
        return;
      }
      answer(
          to,
          ContainerStatusResponse.newBuilder()
              .setStatus(status)
              .putInfo("info", "{\"record\":{\"stdin\":true,\"stdinOnce\":true}}")
              .build());
    }

    @Override
    public void attach(AttachRequest request, StreamObserver<AttachResponse> to) {
      answer(to, AttachResponse.newBuilder().setUrl(streams).build());
    }

    @Override
    public void removeContainer(
        RemoveContainerRequest request, StreamObserver<RemoveContainerResponse> to) {
      removed.add(request.getContainerId());
      answer(to, RemoveContainerResponse.getDefaultInstance());
    }

    @Override
    public void stopPodSandbox(
        StopPodSandboxRequest request, StreamObserver<StopPodSandboxResponse> to) {
      answer(to, StopPodSandboxResponse.getDefaultInstance());
    }

    @Override
    public void removePodSandbox(
        RemovePodSandboxRequest request, StreamObserver<RemovePodSandboxResponse> to) {
      answer(to, RemovePodSandboxResponse.getDefaultInstance());
    }
  }

  private final class ContainersFake extends ContainersGrpc.ContainersImplBase {
    @Override
    public void execAs(ExecAsRequest request, StreamObserver<ExecAsResponse> to) {
      answer(to, ExecAsResponse.newBuilder().setUrl(streams).build());
    }

    @Override
    public void conditions(ConditionsRequest request, StreamObserver<ConditionsResponse> to) {
      String id = request.getContainerId();
      Condition.Builder condition =
          Condition.newBuilder().setContainerId(id).setRestarting(restarting.contains(id));
      answer(to, ConditionsResponse.newBuilder().addConditions(condition).build());
    }
  }

  @Override
  public void close() throws InterruptedException {
    server.shutdownNow().awaitTermination();
    var _ = eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
