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
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
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

  /** Less than one shim that is awake, and more than several that sleep. */
  private static final long SHIMS_BYTES = 6 << 20;

  private static final String ENDS_WITH_7 =
      "trap 'exit 7' TERM; echo ready; while :; do usleep 50000; done";

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
    String ends = testbed.runShell(pod, "ends", ENDS_WITH_7);
    Await.until("it can be ended", () -> Calls.logged(pod, "ends").contains("ready"));
    Path tight = confineDaemon(testbed);
    try {
      String ballast = "x".repeat(1 << 20);
      Await.until(
          "the daemon is killed for its limit, and has answered or refused calls until then",
          BOUND,
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
    ProcessHandle first = firstProcess(ends);
    assertThat(first.destroy()).isTrue();
    first.onExit().get(BOUND.toSeconds(), TimeUnit.SECONDS);
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

  private static ProcessHandle firstProcess(String container) throws IOException {
    String pid = Limits.read(Limits.cgroup(container), "cgroup.procs").lines().findFirst().get();
    return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
  }

  /** The shim of a pod is killed for the shims' limit, while that of a quiet pod sleeps. */
  @Test
  void shimAtTheMemoryLimitEndsItsPodAndOthersGoOn(Testbed testbed) throws Exception {
    Pod loud = testbed.runPod("loud", NamespaceMode.NODE);
    String ends = testbed.runShell(loud, "ends", "while :; do echo line; usleep 9999; done");
    Pod quiet = testbed.runPod("quiet", NamespaceMode.NODE);
    String stays = testbed.runContainer(quiet, "stays", SLEEP);
    String shim = testbed.shim(quiet.id());
    Await.until(
        "the quiet shim sleeps",
        BOUND,
        () -> testbed.node().run("readlink", "/proc/" + shim + "/exe").stdout().contains("asleep"));
    // Without it the kernel may kill the sleeping shim as well, because it has nobody else to kill.
    Await.until(
        "the OOM killer never chooses the quiet shim",
        () ->
            testbed
                .node()
                .run("cat", "/proc/" + shim + "/oom_score_adj")
                .stdout()
                .equals("-1000\n"));
    Path shims = Limits.cgroup("shims");
    limit(shims, Long.toString(SHIMS_BYTES));
    try {
      Await.until(
          "the pod of the killed shim has ended",
          BOUND,
          () -> testbed.podStatus(loud.id()).getState() == PodSandboxState.SANDBOX_NOTREADY);
      assertThat(Limits.keyed(shims, "memory.events", "oom_kill")).isPositive();
      assertThat(testbed.awaitExited(ends).getExitCode()).isNotZero();
      assertThat(testbed.status(stays).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
      assertThat(testbed.daemon().isAlive()).isTrue();
    } finally {
      limit(shims, UNLIMITED);
    }
    assertThat(testbed.exec(stays, "true").getExitCode()).isZero();
    assertThat(testbed.podStatus(quiet.id()).getState()).isEqualTo(PodSandboxState.SANDBOX_READY);
    Pod after = testbed.runPod("after", NamespaceMode.NODE);
    assertThat(testbed.exec(testbed.runContainer(after, "works", SLEEP), "true").getExitCode())
        .isZero();
  }

  /**
   * The pod's shared memory, which nothing can reclaim, takes all that the pod may have. The kernel
   * kills what is launched then, or what runs: never the shim, which is not in the pod's cgroup.
   */
  @Test
  void launchesInAPodAtItsMemoryLimitAreKilledAndSayWhy(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("full", NamespaceMode.NODE);
    String fills = testbed.runContainer(pod, "fills", SLEEP);
    Pod other = testbed.runPod("other", NamespaceMode.NODE);
    String stays = testbed.runContainer(other, "stays", SLEEP);
    String created =
        testbed.createContainer(
            pod, Requests.container(pod.config(), "new", testbed.busybox(), SLEEP).build());
    Path cgroup = Limits.cgroup(pod.id());
    limit(cgroup, Long.toString(POD_BYTES));
    try {
      ExecSyncResponse fill =
          testbed.exec(
              fills, BOUND.toSeconds(), "dd", "if=/dev/zero", "of=/dev/shm/full", "bs=64k");
      assertThat(fill.getExitCode()).isEqualTo(137);
      assertThat(Limits.keyed(cgroup, "memory.events", "oom_kill")).isPositive();
      limit(cgroup, Long.toString(TIGHT_BYTES)); // what is there stays, and nothing may come
      String outcome = exec(testbed, fills) + ", " + start(testbed, created);
      System.out.println("launches in a full pod: " + outcome);
      assertThat(testbed.exec(stays, "true").getExitCode()).isZero();
      assertThat(testbed.podStatus(pod.id()).getState()).isEqualTo(PodSandboxState.SANDBOX_READY);
    } finally {
      limit(cgroup, UNLIMITED);
    }
    String works = testbed.runContainer(pod, "works", SLEEP);
    assertThat(testbed.exec(works, "true").getExitCode()).isZero();
  }

  /** How an exec ended: by the kill, or by a refusal that names the memory. */
  private static String exec(Testbed testbed, String container) {
    try {
      int code = testbed.exec(container, BOUND.toSeconds(), "true").getExitCode();
      assertThat(code).isEqualTo(137);
      return "exec killed";
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getDescription()).containsAnyOf("ENOMEM", "not running");
      return "exec refused: " + e.getStatus();
    }
  }

  /** How a start ended: with a container that was killed for the limit, or by a refusal. */
  private static String start(Testbed testbed, String container) throws Exception {
    String refusal = "";
    try {
      testbed.startContainer(container);
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      refusal = String.valueOf(e.getStatus().getDescription());
      assertThat(refusal).contains("ENOMEM");
    }
    ContainerStatus ended = testbed.awaitExited(container);
    assertThat(ended.getExitCode()).isNotZero();
    if (refusal.isEmpty()) {
      assertThat(ended.getReason()).isEqualTo("OOMKilled");
      assertThat(ended.getExitCode()).isEqualTo(137);
    }
    return "start " + (refusal.isEmpty() ? ended.getReason() : refusal);
  }
}
