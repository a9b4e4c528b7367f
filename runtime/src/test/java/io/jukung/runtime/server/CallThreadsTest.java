package io.jukung.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.jukung.cri.CriException;
import io.jukung.cri.client.CriChannel;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerFilter;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.ContainerStatusResponse;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListContainersResponse;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.cri.v1.StopContainerRequest;
import io.jukung.cri.v1.StopContainerResponse;
import io.jukung.runtime.call.EncodedMessage;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.rpc.Rpc;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which thread a call runs on, and what a caller sees of answers that are serialized before. */
@Timeout(60)
class CallThreadsTest {
  private static final int ITEMS = 3_000;

  @TempDir Path directory;
  private volatile Thread ran = Thread.currentThread();
  private volatile Thread handedOver = Thread.currentThread();
  private CriServer server;
  private CriChannel channel;

  @BeforeEach
  void start() throws Exception {
    Path socket = directory.resolve("run/jukung.sock");
    Config.Server settings =
        new Config.Server(
            Config.DEFAULTS.server().socketMode(),
            "root",
            Config.DEFAULTS.server().maxMessageSize(),
            Config.DEFAULTS.server().shutdownGrace());
    server = CriServer.start(ListeningSocket.claim(socket), settings, List.of(new Service()));
    channel = CriChannel.open(socket, 16 << 20);
  }

  @AfterEach
  void close() {
    channel.close();
    server.close();
  }

  /** Calls of each kind, which note their thread. */
  private final class Service extends RuntimeServiceGrpc.RuntimeServiceImplBase {
    @Override
    public void listContainers(
        ListContainersRequest request, StreamObserver<ListContainersResponse> answer) {
      Rpc.encoded(this::list, request, answer);
    }

    private EncodedMessage list(ListContainersRequest request) {
      ran = Thread.currentThread();
      EncodedMessage list = new EncodedMessage();
      for (int i = 0; i < ITEMS; i++) {
        list.add(
            ListContainersResponse.CONTAINERS_FIELD_NUMBER,
            Container.newBuilder().setId("c" + i).build().toByteArray());
      }
      return list;
    }

    @Override
    public void containerStatus(
        ContainerStatusRequest request, StreamObserver<ContainerStatusResponse> answer) {
      if (request.getVerbose()) {
        Rpc.unary(this::status, request, answer);
      } else {
        Rpc.quick(this::status, request, answer);
      }
    }

    private ContainerStatusResponse status(ContainerStatusRequest request) {
      ran = Thread.currentThread();
      if (request.getContainerId().equals("bug")) {
        throw new IllegalStateException("a bug");
      }
      throw CriException.notFound("there is no container " + request.getContainerId());
    }

    @Override
    public void stopContainer(
        StopContainerRequest request, StreamObserver<StopContainerResponse> answer) {
      handedOver = Thread.currentThread();
      Rpc.unary(
          _ -> {
            ran = Thread.currentThread();
            return StopContainerResponse.getDefaultInstance();
          },
          request,
          answer);
    }
  }

  private RuntimeServiceGrpc.RuntimeServiceBlockingStub client() {
    return RuntimeServiceGrpc.newBlockingStub(channel.grpc());
  }

  @Test
  void callThatOnlyLooksAtMemoryRunsOnTheThreadOfItsConnection() {
    client().listContainers(ListContainersRequest.getDefaultInstance());
    assertThat(ran.getName()).startsWith("grpc-");
    assertThat(ran.isVirtual()).isFalse();
  }

  @Test
  void callThatMayWaitRunsOnAVirtualThread() {
    client().stopContainer(StopContainerRequest.getDefaultInstance());
    assertThat(ran.isVirtual()).isTrue();
    assertThatThrownBy(
            () ->
                client()
                    .containerStatus(
                        ContainerStatusRequest.newBuilder()
                            .setContainerId("a")
                            .setVerbose(true)
                            .build()))
        .hasMessage("NOT_FOUND: there is no container a");
    assertThat(ran.isVirtual()).isTrue();
  }

  @Test
  void callThatMayWaitIsHandedOverOnTheThreadOfItsConnection() {
    client().stopContainer(StopContainerRequest.getDefaultInstance());
    assertThat(handedOver.getName()).startsWith("grpc-");
    assertThat(handedOver.isVirtual()).isFalse();
  }

  @Test
  void largeRequestOfAQuickCallRunsOnAVirtualThread() {
    client()
        .listContainers(
            ListContainersRequest.newBuilder()
                .setFilter(ContainerFilter.newBuilder().putLabelSelector("key", "x".repeat(70_000)))
                .build());
    assertThat(ran.isVirtual()).isTrue();
  }

  @Test
  void serializedAnswerArrivesAsTheMessage() {
    var answer = client().listContainers(ListContainersRequest.getDefaultInstance());
    assertThat(answer.getContainersCount()).isEqualTo(ITEMS);
    assertThat(answer.getContainers(ITEMS - 1).getId()).isEqualTo("c" + (ITEMS - 1));
  }

  @Test
  void failureOfAQuickCallIsAnsweredAsThatOfAnyCall() {
    assertThat(failure("abc").getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(failure("abc").getDescription()).isEqualTo("there is no container abc");
    assertThat(failure("bug").getDescription())
        .isEqualTo("error inside jukung, see its log: java.lang.IllegalStateException");
    // The connection goes on.
    client().listContainers(ListContainersRequest.getDefaultInstance());
  }

  private Status failure(String id) {
    try {
      client().containerStatus(ContainerStatusRequest.newBuilder().setContainerId(id).build());
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
    throw new AssertionError("the call succeeded");
  }

  @Test
  void quickCallIsNotInterruptedByADeadlineThatHasPassed() throws Exception {
    for (int i = 0; i < 100; i++) {
      try {
        var _ =
            client()
                .withDeadlineAfter(300, TimeUnit.MICROSECONDS)
                .listContainers(ListContainersRequest.getDefaultInstance());
      } catch (StatusRuntimeException e) {
        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      }
    }
    client().listContainers(ListContainersRequest.getDefaultInstance());
    assertThat(ran.isInterrupted()).isFalse();
  }
}
