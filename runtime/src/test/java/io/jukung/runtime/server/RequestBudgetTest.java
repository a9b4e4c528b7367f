package io.jukung.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cri.client.CriChannel;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import io.jukung.cri.v1.StopContainerRequest;
import io.jukung.cri.v1.StopContainerResponse;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.rpc.RequestBudget;
import io.jukung.runtime.server.FakeServices.FakeRuntime;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The server with its default settings, and requests of 15 MB, of which four have room. */
@Timeout(120)
class RequestBudgetTest {
  private static final int LARGE_BYTES = 15_000_000;
  private static final int ROOM_FOR = (int) (RequestBudget.MAX_BYTES / LARGE_BYTES);

  @TempDir Path directory;
  private final FakeRuntime runtime = new FakeRuntime();
  private final CountDownLatch begun = new CountDownLatch(ROOM_FOR);
  private final CountDownLatch release = new CountDownLatch(1);
  private final AtomicInteger carriedOut = new AtomicInteger();
  private CriServer server;
  private CriChannel channel;

  @BeforeEach
  void start() throws Exception {
    runtime.stop =
        request -> {
          if (request.getContainerId().length() >= LARGE_BYTES) {
            carriedOut.incrementAndGet();
            begun.countDown();
            release.await();
          }
          return StopContainerResponse.getDefaultInstance();
        };
    Path socket = directory.resolve("jukung.sock");
    server =
        CriServer.start(ListeningSocket.claim(socket), Config.DEFAULTS.server(), List.of(runtime));
    channel = CriChannel.open(socket, 1 << 24);
  }

  @AfterEach
  void close() {
    release.countDown();
    channel.close();
    server.close();
  }

  private static StopContainerRequest large() {
    return StopContainerRequest.newBuilder().setContainerId("x".repeat(LARGE_BYTES)).build();
  }

  private RuntimeServiceBlockingStub client() {
    return RuntimeServiceGrpc.newBlockingStub(channel.grpc())
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private List<Future<StopContainerResponse>> send(int count) {
    List<Future<StopContainerResponse>> answers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      answers.add(RuntimeServiceGrpc.newFutureStub(channel.grpc()).stopContainer(large()));
    }
    return answers;
  }

  @Test
  void largeRequestIsRefusedWhileOthersFillTheBudgetAndSmallOnesAreAnswered() throws Exception {
    List<Future<StopContainerResponse>> held = send(ROOM_FOR);
    assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();

    Status status =
        catchThrowableOfType(StatusRuntimeException.class, () -> client().stopContainer(large()))
            .getStatus();

    assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(status.getDescription()).contains("requests", "64 MiB");
    assertThat(carriedOut).hasValue(ROOM_FOR);
    client().stopContainer(StopContainerRequest.newBuilder().setContainerId("small").build());
    release.countDown();
    for (Future<StopContainerResponse> answer : held) {
      answer.get(60, TimeUnit.SECONDS);
    }
    // The first connection's calls have ended: their room is free again.
    for (int i = 0; i < ROOM_FOR; i++) {
      client().stopContainer(large());
    }
  }

  @Test
  void twentyFourLargeRequestsAtOnceAreAllAnswered() throws Exception {
    release.countDown();
    int answered = 0;
    for (Future<StopContainerResponse> answer : send(24)) {
      try {
        answer.get(60, TimeUnit.SECONDS);
        answered++;
      } catch (ExecutionException e) {
        assertThat(Status.fromThrowable(e).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      }
    }
    assertThat(answered).as("as many as have room").isGreaterThanOrEqualTo(ROOM_FOR);
    assertThat(carriedOut).as("refused requests are not carried out").hasValue(answered);
    client().stopContainer(large());
  }
}
