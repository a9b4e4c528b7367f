package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.ContainerFilter;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ExecSyncResponse;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.NeedsControllers;
import io.jukung.e2e.node.Node;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Memory limits of cgroups that the daemon, the shims and whole pods meet. */
@NeedsControllers
@ExtendWith(Testbed.Extension.class)
@Timeout(300)
class OutOfMemoryIT {
  private static final List<String> SLEEP = List.of("sleep", "1000");

  /** Any call ends within this time, on the one processor of the test node too. */
  private static final Duration BOUND = Duration.ofSeconds(40);

  /** A page or two: whatever a process does next exceeds it. */
  private static final long TIGHT_BYTES = 64 << 10;

  private static final long POD_BYTES = 24 << 20;
  private static final String UNLIMITED = "max";

  private static void limit(Path cgroup, String bytes) throws IOException {
    Files.writeString(cgroup.resolve("memory.swap.max"), bytes.equals(UNLIMITED) ? bytes : "0");
    Files.writeString(cgroup.resolve("memory.max"), bytes);
  }

  /** A cgroup beside those of the daemon's pods, in which the running daemon is limited. */
  private static Path confineDaemon(Testbed testbed) throws Exception {
    Path parent = testbed.node().cgroup();
    Files.writeString(parent.resolve("cgroup.subtree_control"), "+memory");
    Path tight = Files.createDirectory(parent.resolve("tight"));
    testbed
        .node()
        .run("sh", "-c", "echo $0 >$1", pid(testbed), tight.resolve("cgroup.procs").toString())
        .orThrow();
    limit(tight, Long.toString(TIGHT_BYTES));
    return tight;
  }

  private static String pid(Testbed testbed) {
    return Long.toString(testbed.daemon().pid());
  }

  @Test
  void daemonAtItsMemoryLimitIsStartedAgainAndNothingIsLost(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("daemon-limit", NamespaceMode.NODE);
    String runs = testbed.runContainer(pod, "runs", SLEEP);
    String ends = testbed.runShell(pod, "ends", "while [ ! -e /go ]; do usleep 50000; done; exit 7");
    testbed.exec(runs, "true");
    Path go = root(ends).resolve("go");
    Path tight = confineDaemon(testbed);
    try {
      String ballast = "x".repeat(1 << 20);
      Await.until(
          "the daemon is killed for its limit, and has refused calls until then",
          () -> {
            try {
              var _ = testbed.client().runtime(BOUND).listContainers(list(ballast));
            } catch (StatusRuntimeException e) {
              assertThat(e.getStatus().getCode())
                  .isIn(Status.Code.UNAVAILABLE, Status.Code.RESOURCE_EXHAUSTED);
            }
            return !testbed.daemon().isAlive();
          });
      assertThat(testbed.daemon().awaitExit()).isNotZero();
      assertThat(Limits.keyed(tight, "memory.events", "oom_kill")).isPositive();
    } finally {
      Files.delete(tight);
    }
    Files.createFile(go);
    Await.until("the container ends while no daemon runs", () -> !Files.exists(go));
    testbed.daemon().start();
    testbed.reconnect();
    assertThat(testbed.awaitExited(ends).getExitCode()).isEqualTo(7);
    assertThat(testbed.podStatus(pod.id()).getState()).isEqualTo(PodSandboxState.SANDBOX_READY);
    assertThat(testbed.status(runs).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(testbed.exec(runs, "true").getExitCode()).isZero();
  }

  private static ListContainersRequest list(String ballast) {
    return ListContainersRequest.newBuilder()
        .setFilter(ContainerFilter.newBuilder().putLabelSelector("ballast", ballast))
        .build();
  }

  /** The root file system of a running container, as its first process sees it. */
  private static Path root(String container) throws IOException {
    String first = Limits.read(Limits.cgroup(container), "cgroup.procs").lines().findFirst().get();
    return Path.of("/proc", first, "root");
  }
}
