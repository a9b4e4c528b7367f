package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.NeedsControllers;
import io.jukung.e2e.node.NfsServer;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Volumes and logs on an NFS server that does not answer any more. The test node's kernel has NFS.
 */
@NeedsControllers
@ExtendWith(Testbed.Extension.class)
@Timeout(300)
class HungNfsIT {
  /** What the end of a pod may take, on the one processor of the test node too. */
  private static final Duration STOP_BOUND = Duration.ofSeconds(60);

  /** What a call may take that has nothing to do with the silent server. */
  private static final Duration BOUND = Duration.ofSeconds(20);

  /** What waits for an answer can be killed. The server is asked for each name. */
  private static final String READS =
      "i=0; while :; do i=$((i + 1)); [ -e /volume/$i ]; echo read; usleep 99999; done";

  /** What waits for its writes cannot. */
  private static final String WRITES =
      "while :; do echo x >>/volume/file; sync /volume/file; echo wrote; usleep 99999; done";

  private static Duration time(ThrowingCallable action) {
    long start = System.nanoTime();
    try {
      action.call();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    return Duration.ofNanos(System.nanoTime() - start);
  }

  private static ContainerConfig withVolume(
      Testbed testbed, Pod pod, String name, Path source, String script) {
    return Requests.container(pod.config(), name, testbed.busybox(), List.of("sh", "-c", script))
        .addMounts(Mount.newBuilder().setHostPath(source.toString()).setContainerPath("/volume"))
        .build();
  }

  /** Makes the calls that have nothing to do with the server. */
  private static void assertOthersGoOn(Testbed testbed, String other, String name)
      throws Exception {
    assertThat(time(testbed::pods)).isLessThan(BOUND);
    assertThat(time(testbed::containers)).isLessThan(BOUND);
    assertThat(time(() -> testbed.exec(other, 10, "true"))).isLessThan(BOUND);
    Pod pod = testbed.runPod(name, NamespaceMode.NODE);
    String container = testbed.runContainer(pod, "new", List.of("sleep", "1000"));
    assertThat(testbed.exec(container, 10, "true").getExitCode()).isZero();
    assertThat(time(() -> testbed.removePod(pod))).isLessThan(BOUND);
  }

  @Test
  void podsWhoseVolumesHangEndInTimeAndOthersGoOn(Testbed testbed) throws Exception {
    Pod healthy = testbed.runPod("healthy", NamespaceMode.NODE);
    String other = testbed.runContainer(healthy, "other", List.of("sleep", "1000"));
    try (NfsServer server = NfsServer.start(testbed.node())) {
      try {
        Path source = server.directory("volume");
        Pod pod = testbed.runPod("volume", NamespaceMode.POD);
        String reads = testbed.runContainer(pod, withVolume(testbed, pod, "reads", source, READS));
        Await.until("it reads", () -> Calls.logged(pod, "reads").contains("read"));
        server.fallSilent();
        Await.until("it waits for the server", () -> FaultsIT.isUninterruptible(reads));

        Pod late = testbed.runPod("late", NamespaceMode.NODE);
        CompletableFuture<String> creation = inBackground(() -> create(testbed, late, source));
        assertOthersGoOn(testbed, other, "new-1");
        assertThat(testbed.status(reads).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
        assertThat(time(testbed::killAndRestartDaemon)).isLessThan(STOP_BOUND);
        assertOthersGoOn(testbed, other, "new-2");
        assertThat(time(() -> testbed.stopContainer(reads, 1))).isLessThan(STOP_BOUND);
        assertThat(testbed.status(reads).getExitCode()).isEqualTo(137);
        assertThat(time(() -> testbed.removePod(pod))).isLessThan(STOP_BOUND);
        assertThat(time(() -> testbed.removePod(late))).isLessThan(STOP_BOUND);
        assertOthersGoOn(testbed, other, "new-3");
        assertThat(creation.handle((id, failure) -> failure).get(1, TimeUnit.MINUTES))
            .as("the daemon was killed meanwhile")
            .isInstanceOf(StatusRuntimeException.class);
      } finally {
        server.answer();
        testbed.removeAllPods();
      }
    }
  }

  private static String create(Testbed testbed, Pod pod, Path source) {
    return testbed
        .client()
        .runtime(Duration.ofMinutes(3))
        .createContainer(
            CreateContainerRequest.newBuilder()
                .setPodSandboxId(pod.id())
                .setConfig(withVolume(testbed, pod, "late", source.resolve("below"), "exit"))
                .setSandboxConfig(pod.config())
                .build())
        .getContainerId();
  }

  /** The kernel does not end a process that waits for its writes: the stop says so, in time. */
  @Test
  void stopOfAPodThatWaitsForItsWritesEndsInTimeAndSucceedsWhenTheServerAnswers(Testbed testbed)
      throws Exception {
    Pod healthy = testbed.runPod("healthy", NamespaceMode.NODE);
    String other = testbed.runContainer(healthy, "other", List.of("sleep", "1000"));
    try (NfsServer server = NfsServer.start(testbed.node())) {
      try {
        Path source = server.directory("volume");
        Pod pod = testbed.runPod("volume", NamespaceMode.NODE);
        String writes =
            testbed.runContainer(pod, withVolume(testbed, pod, "writes", source, WRITES));
        Await.until("it writes", () -> Calls.logged(pod, "writes").contains("wrote"));
        server.fallSilent();
        Await.until("it waits for the server", () -> FaultsIT.isUninterruptible(writes));

        assertThat(time(() -> stopMayFail(testbed, writes))).isLessThan(STOP_BOUND);
        assertThat(time(() -> stopPodMayFail(testbed, pod))).isLessThan(STOP_BOUND);
        assertOthersGoOn(testbed, other, "new");
        server.answer();
        testbed.stopContainer(writes, 0);
        assertThat(testbed.awaitExited(writes).getExitCode()).isEqualTo(137);
        testbed.removePod(pod);
      } finally {
        server.answer();
        testbed.removeAllPods();
      }
    }
  }

  private static void stopMayFail(Testbed testbed, String container) {
    try {
      testbed.stopContainer(container, 1);
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getDescription()).contains("uninterruptible sleep (D)");
    }
  }

  private static void stopPodMayFail(Testbed testbed, Pod pod) {
    try {
      testbed.stopPod(pod.id());
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getDescription()).contains("uninterruptible sleep (D)");
    }
  }

  @Test
  void podsWhoseLogsHangEndInTimeAndOthersGoOn(Testbed testbed) throws Exception {
    Pod healthy = testbed.runPod("healthy", NamespaceMode.NODE);
    String other = testbed.runContainer(healthy, "other", List.of("sleep", "1000"));
    try (NfsServer server = NfsServer.start(testbed.node())) {
      try {
        Path logs = server.directory("logs");
        Pod pod =
            testbed.runPod(
                testbed
                    .podConfig("logs", NamespaceMode.POD)
                    .setLogDirectory(logs.toString())
                    .build());
        String loud = testbed.runShell(pod, "loud", "while :; do echo line; usleep 999; done");
        String quiet = testbed.runContainer(pod, "quiet", List.of("sleep", "1000"));
        Await.until("lines have arrived", () -> server.has("logs/loud.log"));
        server.fallSilent();

        assertOthersGoOn(testbed, other, "new-1");
        assertThat(time(() -> execMayFail(testbed, quiet))).isLessThan(BOUND);
        assertThat(time(testbed::killAndRestartDaemon)).isLessThan(STOP_BOUND);
        assertOthersGoOn(testbed, other, "new-2");
        assertThat(time(() -> testbed.stopContainer(loud, 1))).isLessThan(STOP_BOUND);
        assertThat(testbed.status(loud).getState())
            .isIn(ContainerState.CONTAINER_EXITED, ContainerState.CONTAINER_UNKNOWN);
        assertThat(time(() -> testbed.stopPod(pod.id()))).isLessThan(STOP_BOUND);
        assertThat(testbed.status(quiet).getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
        assertThat(time(() -> testbed.removePod(pod.id()))).isLessThan(STOP_BOUND);
      } finally {
        server.answer();
        testbed.removeAllPods();
      }
    }
  }

  /** The shim may wait for its log: then ExecSync ends by its own timeout. */
  private static void execMayFail(Testbed testbed, String container) {
    try {
      testbed.exec(container, 5, "true");
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getDescription()).contains("timed out after 5 s");
    }
  }

  private static CompletableFuture<String> inBackground(Callable<String> call) {
    CompletableFuture<String> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                result.complete(call.call());
              } catch (Exception e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }
}
