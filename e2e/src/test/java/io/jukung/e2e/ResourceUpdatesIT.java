package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.Status.Code;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import io.jukung.cri.v1.UpdateContainerResourcesRequest;
import io.jukung.cri.v1.UpdatePodSandboxResourcesRequest;
import io.jukung.e2e.node.NeedsControllers;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Updates of the limits of created and running containers, and of pods. */
@NeedsControllers
@ExtendWith(Testbed.Extension.class)
class ResourceUpdatesIT {
  private static final long MEBIBYTE = 1 << 20;

  private static final LinuxContainerResources FIRST =
      LinuxContainerResources.newBuilder()
          .setMemoryLimitInBytes(64 * MEBIBYTE)
          .setCpuShares(1024)
          .setCpuQuota(50_000)
          .setCpuPeriod(100_000)
          .setOomScoreAdj(300)
          .putUnified("pids.max", "100")
          .build();

  private static void update(Testbed testbed, String container, LinuxContainerResources limits) {
    testbed
        .client()
        .runtime()
        .updateContainerResources(
            UpdateContainerResourcesRequest.newBuilder()
                .setContainerId(container)
                .setLinux(limits)
                .build());
  }

  private static LinuxContainerResources shown(Testbed testbed, String container) {
    return testbed.status(container).getResources().getLinux();
  }

  @Test
  void updateChangesOnlyTheLimitsThatItSets(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("running", NamespaceMode.NODE);
    String container =
        testbed.runContainer(
            pod, Limits.container(testbed, pod, "app", FIRST, "sleep 999 & exec sleep 1000"));
    update(
        testbed,
        container,
        LinuxContainerResources.newBuilder()
            .setMemoryLimitInBytes(128 * MEBIBYTE)
            .setCpuQuota(30_000)
            .setOomScoreAdj(700)
            .putUnified("memory.high", "100663296")
            .build());
    Path cgroup = Limits.cgroup(container);
    assertThat(Limits.read(cgroup, "memory.max")).isEqualTo(Long.toString(128 * MEBIBYTE));
    assertThat(Limits.read(cgroup, "memory.swap.max")).isEqualTo("0");
    assertThat(Limits.read(cgroup, "cpu.max")).isEqualTo("30000 100000");
    assertThat(Limits.read(cgroup, "cpu.weight")).isEqualTo("100");
    assertThat(Limits.read(cgroup, "memory.high")).isEqualTo("100663296");
    assertThat(
            testbed
                .exec(container, "sh", "-c", "cat /proc/[0-9]*/oom_score_adj | sort -u")
                .getStdout()
                .toStringUtf8())
        .as("the score of running processes and of a new one")
        .isEqualTo("700\n");
    LinuxContainerResources expected =
        FIRST.toBuilder()
            .setMemoryLimitInBytes(128 * MEBIBYTE)
            .setCpuQuota(30_000)
            .setOomScoreAdj(700)
            .putUnified("memory.high", "100663296")
            .build();
    assertThat(shown(testbed, container)).isEqualTo(expected);

    testbed.killAndRestartDaemon();
    assertThat(shown(testbed, container)).as("after a restart").isEqualTo(expected);
  }

  @Test
  void createdContainerStartsWithTheUpdatedLimits(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("created", NamespaceMode.NODE);
    String container =
        testbed.createContainer(
            pod, Limits.container(testbed, pod, "app", FIRST, Limits.HUNGRY + "; sleep 1000"));
    update(
        testbed,
        container,
        LinuxContainerResources.newBuilder().setMemoryLimitInBytes(32 * MEBIBYTE).build());
    testbed.startContainer(container);
    assertThat(testbed.awaitExited(container).getReason()).isEqualTo("OOMKilled");
  }

  @Test
  void refusedLimitLeavesAllLimitsUnchanged(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("refused", NamespaceMode.NODE);
    String container =
        testbed.runContainer(pod, Limits.container(testbed, pod, "app", FIRST, "exec sleep 1000"));
    Status failure =
        Calls.failure(
            () ->
                update(
                    testbed,
                    container,
                    LinuxContainerResources.newBuilder()
                        .setMemoryLimitInBytes(128 * MEBIBYTE)
                        .setCpuShares(2048)
                        .putUnified("pids.max", "many")
                        .build()));
    assertThat(failure.getDescription()).contains("pids.max").contains("EINVAL");
    Path cgroup = Limits.cgroup(container);
    assertThat(Limits.read(cgroup, "memory.max")).isEqualTo(Long.toString(64 * MEBIBYTE));
    assertThat(Limits.read(cgroup, "cpu.weight")).isEqualTo("100");
    assertThat(Limits.read(cgroup, "pids.max")).isEqualTo("100");
    assertThat(shown(testbed, container)).isEqualTo(FIRST);
  }

  @Test
  void updateOfAnExitedOrUnknownContainerFails(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("exited", NamespaceMode.NODE);
    String container = testbed.runShell(pod, "app", "exit 0");
    testbed.awaitExited(container);
    assertThat(Calls.failure(() -> update(testbed, container, FIRST)).getCode())
        .isEqualTo(Code.FAILED_PRECONDITION);
    assertThat(Calls.failure(() -> update(testbed, "absent", FIRST)).getCode())
        .isEqualTo(Code.NOT_FOUND);
  }

  @Test
  void updateChangesTheLimitsOfThePod(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("pod", NamespaceMode.NODE);
    testbed.runShell(pod, "app", "exec sleep 1000");
    testbed
        .client()
        .runtime()
        .updatePodSandboxResources(
            UpdatePodSandboxResourcesRequest.newBuilder()
                .setPodSandboxId(pod.id())
                .setOverhead(LinuxContainerResources.newBuilder().setMemoryLimitInBytes(MEBIBYTE))
                .setResources(FIRST)
                .build());
    assertThat(Limits.read(Limits.cgroup(pod.id()), "memory.max"))
        .isEqualTo(Long.toString(64 * MEBIBYTE));
    String info =
        testbed
            .client()
            .runtime()
            .podSandboxStatus(
                PodSandboxStatusRequest.newBuilder()
                    .setPodSandboxId(pod.id())
                    .setVerbose(true)
                    .build())
            .getInfoOrThrow("info");
    assertThat(info)
        .contains("\"memoryLimitBytes\":" + 64 * MEBIBYTE, "\"memoryLimitBytes\":" + MEBIBYTE);
  }
}
