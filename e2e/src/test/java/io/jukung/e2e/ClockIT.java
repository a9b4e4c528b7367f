package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.node.NeedsControllers;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The time of day is set while the daemon works. Durations do not depend on it. Only in the test
 * node: the time of the machine that you work on is not changed.
 */
@NeedsControllers
@ExtendWith(Testbed.Extension.class)
class ClockIT {
  private static final Duration SLACK = Duration.ofSeconds(15);

  private static void setClock(Testbed testbed, Instant time) throws Exception {
    testbed.node().run("date", "-s", "@" + time.getEpochSecond()).orThrow();
  }

  @ParameterizedTest
  @ValueSource(ints = {-36_000, 36_000})
  void timeoutsAndGracePeriodsDoNotDependOnTheTimeOfDay(int jumpSeconds, Testbed testbed)
      throws Exception {
    Pod pod = testbed.runPod("clock", NamespaceMode.NODE);
    String container = testbed.runShell(pod, "stubborn", "trap '' TERM; while :; do sleep 1; done");
    Instant before = Instant.now();
    final long start = System.nanoTime();
    try {
      CompletableFuture<Status> exec =
          CompletableFuture.supplyAsync(
              () -> Calls.failure(() -> testbed.exec(container, 3, "sleep", "1000")));
      CompletableFuture<Void> stop =
          CompletableFuture.runAsync(() -> testbed.stopContainer(container, 4));
      setClock(testbed, before.plusSeconds(jumpSeconds));
      assertThat(exec.join().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      stop.join();
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      assertThat(took).isBetween(Duration.ofSeconds(3), SLACK);
      ContainerStatus status = testbed.awaitExited(container);
      assertThat(status.getExitCode()).isEqualTo(137);
      // The exit is told by the clock as it is then.
      assertThat(status.getFinishedAt() / 1_000_000_000L)
          .isCloseTo(
              before.plusSeconds(jumpSeconds).getEpochSecond(),
              org.assertj.core.data.Offset.offset(SLACK.toSeconds()));
    } finally {
      setClock(testbed, before.plusNanos(System.nanoTime() - start));
    }
  }

  @Test
  void podsRunAndAreFoundAgainAfterTheClockWentBack(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("back", NamespaceMode.NODE);
    String container = testbed.runContainer(pod, "c", List.of("sleep", "1000"));
    Instant before = Instant.now();
    final long start = System.nanoTime();
    try {
      setClock(testbed, before.minusSeconds(86_400));
      Pod second = testbed.runPod("second", NamespaceMode.NODE);
      String other = testbed.runContainer(second, "c", List.of("sleep", "1000"));
      testbed.killAndRestartDaemon();
      assertThat(testbed.exec(container, "true").getExitCode()).isZero();
      assertThat(testbed.exec(other, "true").getExitCode()).isZero();
      testbed.stopContainer(container, 0);
      assertThat(testbed.awaitExited(container).getExitCode()).isEqualTo(137);
    } finally {
      setClock(testbed, before.plusNanos(System.nanoTime() - start));
    }
  }
}
