package io.jukung.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Context;
import io.jukung.cri.CriException;
import io.jukung.cri.client.CriChannel;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import io.jukung.cri.v1.StopContainerRequest;
import io.jukung.cri.v1.StopContainerResponse;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.DataSize;
import io.jukung.runtime.config.FileMode;
import io.jukung.runtime.metrics.CallMetrics;
import io.jukung.runtime.metrics.TextFormat;
import io.jukung.runtime.server.FakeServices.FakeRuntime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The counts of calls, over a server with calls that a test supplies. */
@Timeout(60)
class CallMetricsTest {
  private static final StopContainerRequest STOP = StopContainerRequest.getDefaultInstance();

  @TempDir Path directory;
  private final FakeRuntime runtime = new FakeRuntime();
  private final CallMetrics metrics = new CallMetrics();
  private CriServer server;
  private CriChannel channel;
  private RuntimeServiceBlockingStub client;

  @BeforeEach
  void start() throws Exception {
    Path socket = directory.resolve("run/jukung.sock");
    server =
        CriServer.open(
            ListeningSocket.claim(socket),
            new Config.Server(
                new FileMode(0640), "root", DataSize.ofMebibytes(1), Duration.ofSeconds(10)));
    server.watchBy(metrics);
    server.serve(List.of(runtime));
    channel = CriChannel.open(socket, 1 << 20);
    client = RuntimeServiceGrpc.newBlockingStub(channel.grpc());
  }

  @AfterEach
  void close() {
    channel.close();
    server.close();
  }

  private String page() {
    return TextFormat.PROMETHEUS.page(metrics.families());
  }

  /** The end of a call is counted before the client gets it, but for one that it gives up. */
  private void awaitLine(String line) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!page().lines().toList().contains(line)) {
      assertThat(System.nanoTime()).as("%s is in%n%s", line, page()).isLessThan(deadline);
      Thread.sleep(5);
    }
  }

  @Test
  void callsAreCountedByTheirNameAndTheirEnd() throws Exception {
    client.stopContainer(STOP);
    client.stopContainer(STOP);
    runtime.stop =
        request -> {
          throw CriException.notFound("gone");
        };
    assertThatThrownBy(() -> client.stopContainer(STOP)).hasMessageContaining("gone");
    assertThatThrownBy(() -> client.version(VersionRequest.getDefaultInstance()))
        .hasMessageStartingWith("UNIMPLEMENTED");

    assertThat(page().lines())
        .contains(
            "jukung_rpc_seconds_count{rpc=\"StopContainer\",code=\"OK\"} 2",
            "jukung_rpc_seconds_count{rpc=\"StopContainer\",code=\"NOT_FOUND\"} 1",
            "jukung_rpc_seconds_count{rpc=\"Version\",code=\"UNIMPLEMENTED\"} 1",
            "jukung_rpc_seconds_bucket{rpc=\"StopContainer\",code=\"OK\",le=\"+Inf\"} 2",
            "jukung_rpcs_under_way 0");
  }

  @Test
  void callThatIsGivenUpIsCountedOnceAndIsNotUnderWayAnyMore() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    runtime.stop =
        request -> {
          begun.countDown();
          Thread.sleep(Duration.ofMinutes(1)); // is interrupted
          return StopContainerResponse.getDefaultInstance();
        };
    Context.CancellableContext context = Context.current().withCancellation();
    Thread caller =
        Thread.ofVirtual()
            .start(
                context.wrap(
                    () -> {
                      assertThatThrownBy(() -> client.stopContainer(STOP))
                          .hasMessageStartingWith("CANCELLED");
                    }));
    begun.await();
    assertThat(page()).contains("\njukung_rpcs_under_way 1\n");

    context.cancel(null);
    caller.join();

    awaitLine("jukung_rpc_seconds_count{rpc=\"StopContainer\",code=\"CANCELLED\"} 1");
    awaitLine("jukung_rpcs_under_way 0");
  }

  @Test
  void longCallIsInALargerBucketThanAShortOne() throws Exception {
    runtime.stop =
        request -> {
          Thread.sleep(150);
          return StopContainerResponse.getDefaultInstance();
        };
    client.stopContainer(STOP);

    assertThat(page().lines())
        .contains(
            "jukung_rpc_seconds_bucket{rpc=\"StopContainer\",code=\"OK\",le=\"0.1\"} 0",
            "jukung_rpc_seconds_bucket{rpc=\"StopContainer\",code=\"OK\",le=\"60.0\"} 1");
  }
}
