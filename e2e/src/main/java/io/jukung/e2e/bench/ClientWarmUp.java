package io.jukung.e2e.bench;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.ExecSyncResponse;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListContainersResponse;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.ListPodSandboxResponse;
import io.jukung.cri.v1.PodSandbox;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.cri.v1.VersionResponse;
import io.jukung.e2e.client.CriClient;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Makes calls to a server in this process until the client's code is compiled. A cold client would
 * be measured instead of the runtime, and calls to a runtime would warm that up instead.
 */
final class ClientWarmUp {
  private static final int CALLS = 3000;
  private static final int LISTED = 50;

  private ClientWarmUp() {}

  static void run() throws IOException {
    Path directory = Files.createTempDirectory("jukung-bench");
    Path socket = directory.resolve("warm-up.sock");
    MultiThreadIoEventLoopGroup eventLoop =
        new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    Server server =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .bossEventLoopGroup(eventLoop)
            .workerEventLoopGroup(eventLoop)
            .channelType(NioServerDomainSocketChannel.class)
            .directExecutor()
            .addService(new Answers())
            .build()
            .start();
    try (CriClient client = CriClient.of(socket)) {
      Endpoint endpoint = new Endpoint("warm-up", client, 0, "");
      Endpoint.Pod pod = new Endpoint.Pod("pod", PodSandboxConfig.getDefaultInstance(), "main");
      for (int i = 0; i < CALLS; i++) {
        String version = endpoint.version();
        if (version.isBlank()) {
          throw new IllegalStateException("the server of the warm-up has no version");
        }
        endpoint.listPods(LISTED);
        endpoint.listContainers(LISTED);
        endpoint.exec(pod);
      }
    } finally {
      server.shutdownNow();
      var _ = eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      Files.deleteIfExists(socket);
      Files.delete(directory);
    }
  }

  /** Answers like a runtime with pods. */
  private static final class Answers extends RuntimeServiceGrpc.RuntimeServiceImplBase {
    @Override
    public void version(VersionRequest request, StreamObserver<VersionResponse> answer) {
      VersionResponse version =
          VersionResponse.newBuilder().setRuntimeName("warm-up").setRuntimeVersion("1").build();
      complete(answer, version);
    }

    @Override
    public void listPodSandbox(
        ListPodSandboxRequest request, StreamObserver<ListPodSandboxResponse> answer) {
      ListPodSandboxResponse.Builder list = ListPodSandboxResponse.newBuilder();
      for (int i = 0; i < LISTED; i++) {
        list.addItems(PodSandbox.newBuilder().setId("sandbox-" + i).setCreatedAt(i));
      }
      complete(answer, list.build());
    }

    @Override
    public void listContainers(
        ListContainersRequest request, StreamObserver<ListContainersResponse> answer) {
      ListContainersResponse.Builder list = ListContainersResponse.newBuilder();
      for (int i = 0; i < LISTED; i++) {
        list.addContainers(Container.newBuilder().setId("container-" + i).setCreatedAt(i));
      }
      complete(answer, list.build());
    }

    @Override
    public void execSync(ExecSyncRequest request, StreamObserver<ExecSyncResponse> answer) {
      complete(answer, ExecSyncResponse.getDefaultInstance());
    }

    private static <T> void complete(StreamObserver<T> answer, T message) {
      answer.onNext(message);
      answer.onCompleted();
    }
  }
}
