package io.jukung.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.jukung.cri.client.CriChannel;
import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.cri.v1.GetEventsRequest;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.DataSize;
import io.jukung.runtime.config.FileMode;
import io.jukung.runtime.events.ContainerEvents;
import io.jukung.runtime.rpc.Rpc;
import io.jukung.runtime.service.Await;
import io.jukung.runtime.service.GetContainerEvents;
import io.jukung.runtime.service.TestNode;
import io.jukung.runtime.store.ChangeListener.Change;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** GetContainerEvents over gRPC, with callers that read at their own pace. */
@Timeout(60)
class EventStreamTest {
  private static final Config.Server SETTINGS =
      new Config.Server(
          new FileMode(0600), "root", DataSize.ofMebibytes(1), Duration.ofSeconds(30));

  @TempDir Path directory;
  private TestNode node;
  private ContainerEvents events;
  private CriServer server;
  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    node = new TestNode(directory);
    events = node.changes;
    Path socket = directory.resolve("jukung.sock");
    GetContainerEvents call = new GetContainerEvents(events);
    server =
        CriServer.start(
            ListeningSocket.claim(socket),
            SETTINGS,
            List.of(
                new RuntimeServiceGrpc.RuntimeServiceImplBase() {
                  @Override
                  public void getContainerEvents(
                      GetEventsRequest request, StreamObserver<ContainerEventResponse> answer) {
                    Rpc.subscription(call::call, request, answer);
                  }
                }));
    open.add(server);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable resource : open.reversed()) {
      resource.close();
    }
    node.cleanUp();
  }

  /** A caller that reads as many events as it asks for. */
  private final class Caller extends ClientCall.Listener<ContainerEventResponse> {
    final CompletableFuture<Void> headers = new CompletableFuture<>();
    final BlockingQueue<ContainerEventResponse> received = new LinkedBlockingQueue<>();
    final CompletableFuture<Status> end = new CompletableFuture<>();
    final ClientCall<GetEventsRequest, ContainerEventResponse> call;

    Caller() {
      CriChannel channel = CriChannel.open(directory.resolve("jukung.sock"), 16 << 20);
      open.add(channel);
      call =
          channel
              .grpc()
              .newCall(RuntimeServiceGrpc.getGetContainerEventsMethod(), CallOptions.DEFAULT);
      call.start(this, new Metadata());
      call.sendMessage(GetEventsRequest.getDefaultInstance());
      call.halfClose();
      headers.join();
    }

    @Override
    public void onHeaders(Metadata metadata) {
      headers.complete(null);
    }

    @Override
    public void onMessage(ContainerEventResponse event) {
      received.add(event);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      end.complete(status);
      headers.completeExceptionally(new AssertionError("the call ended early: " + status));
    }

    ContainerEventResponse next() throws InterruptedException {
      call.request(1);
      ContainerEventResponse event = received.poll(10, TimeUnit.SECONDS);
      assertThat(event).as("an event within ten seconds").isNotNull();
      return event;
    }
  }

  private static void endless(Caller caller) {
    caller.call.request(Integer.MAX_VALUE);
  }

  @Test
  void everyEventAfterTheHeadersIsDelivered() throws Exception {
    Caller caller = new Caller();
    String sandbox = node.runPod("web");
    assertThat(caller.next().getContainerId()).isEqualTo(sandbox);
    assertThat(caller.next().getPodSandboxStatus().getMetadata().getName()).isEqualTo("web");
  }

  @Test
  void callerThatDoesNotReadBlocksNothingAndIsToldWhatItMissed() throws Exception {
    Caller slow = new Caller();
    Caller quick = new Caller();
    endless(quick);
    RunPodSandboxRequest.Builder pod = TestNode.pod("web").toBuilder();
    // More than gRPC keeps for a caller that does not read.
    pod.getConfigBuilder().putAnnotations("long", "x".repeat(2_000));
    String sandbox = node.runPodSandbox.call(pod.build()).getPodSandboxId();
    int changes = 6_000;
    for (int i = 1; i <= changes; i++) {
      events.changed(node.sandboxes.get(sandbox), Change.STARTED);
      if (i % 1_000 == 0) {
        int all = i + 2;
        Await.until("the quick one has all", () -> quick.received.size() == all);
      }
    }
    assertThat(slow.received).isEmpty();
    endless(slow);
    Status status = slow.end.get(10, TimeUnit.SECONDS);
    assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    int missed =
        Integer.parseInt(
            String.valueOf(status.getDescription())
                .replaceAll("(?s).*: (\\d+) events were.*", "$1"));
    assertThat(slow.received.size() + missed).as("events").isEqualTo(changes + 2);
    assertThat(quick.end).isNotDone();
  }

  @Test
  void placeOfACallerThatHasCancelledIsFree() throws Exception {
    for (int i = 0; i < 200; i++) { // more than the limit of subscribers
      Caller caller = new Caller();
      caller.call.cancel("enough", null);
      assertThat(caller.end.get(10, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.CANCELLED);
      open.removeLast().close();
      int before = i;
      Await.until("caller " + before + " is forgotten", () -> !events.hasSubscribers());
    }
  }

  @Test
  void stopOfTheDaemonEndsTheStreamsAtOnce() throws Exception {
    Caller caller = new Caller();
    endless(caller);
    String sandbox = node.runPod("web");
    long begin = System.nanoTime();
    events.close();
    server.close(SETTINGS.shutdownGrace());
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
    Status status = caller.end.get(10, TimeUnit.SECONDS);
    assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(status.getDescription()).contains("the daemon is stopping");
    assertThat(caller.received)
        .extracting(ContainerEventResponse::getContainerId)
        .containsExactly(sandbox, sandbox);
  }
}
