package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.Status.Code;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.NeedsControllers;
import io.jukung.e2e.node.Node;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Resource limits, checked by what the kernel enforces. */
@NeedsControllers
@ExtendWith(Testbed.Extension.class)
class ResourceLimitsIT {
  private static final long MEBIBYTE = 1 << 20;

  private static LinuxContainerResources.Builder limits() {
    return LinuxContainerResources.newBuilder();
  }

  private static String run(Testbed testbed, Pod pod, LinuxContainerResources limits, String script)
      throws Exception {
    return testbed.runContainer(pod, Limits.container(testbed, pod, "limited", limits, script));
  }

  @Test
  void containerAboveItsMemoryLimitIsOomKilled(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("memory", NamespaceMode.NODE);
    LinuxContainerResources limits = limits().setMemoryLimitInBytes(32 * MEBIBYTE).build();
    ContainerStatus end = testbed.awaitExited(run(testbed, pod, limits, Limits.HUNGRY));
    assertThat(end.getReason()).isEqualTo("OOMKilled");
    assertThat(end.getExitCode()).isEqualTo(137);
    assertThat(end.getMessage())
        .matches(
            "the kernel killed its first process for want of memory, it had used up to"
                + " (2[89]|3[0-2])\\.\\d MiB, and its limit is 32\\.0 MiB");
    assertThat(end.getResources().getLinux().getMemoryLimitInBytes()).isEqualTo(32 * MEBIBYTE);
  }

  @Test
  void memoryLimitAloneAllowsNoSwap(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("swap", NamespaceMode.NODE);
    LinuxContainerResources.Builder limits = limits().setMemoryLimitInBytes(32 * MEBIBYTE);
    Path alone = Limits.cgroup(run(testbed, pod, limits.build(), "exec sleep 1000"));
    assertThat(Limits.read(alone, "memory.swap.max")).isEqualTo("0");
    limits.setMemorySwapLimitInBytes(48 * MEBIBYTE);
    Path both =
        Limits.cgroup(
            testbed.runContainer(
                pod, Limits.container(testbed, pod, "both", limits.build(), "exec sleep 1000")));
    assertThat(Limits.read(both, "memory.max")).isEqualTo(Long.toString(32 * MEBIBYTE));
    assertThat(Limits.read(both, "memory.swap.max")).isEqualTo(Long.toString(16 * MEBIBYTE));
  }

  @Test
  void cpuQuotaLimitsProcessorTime(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("quota", NamespaceMode.NODE);
    LinuxContainerResources limits = limits().setCpuQuota(20_000).setCpuPeriod(100_000).build();
    Path cgroup = Limits.cgroup(run(testbed, pod, limits, "while :; do :; done"));
    assertThat(Limits.read(cgroup, "cpu.max")).isEqualTo("20000 100000");
    Await.until("20 periods", () -> Limits.keyed(cgroup, "cpu.stat", "nr_periods") >= 20);
    long periods = Limits.keyed(cgroup, "cpu.stat", "nr_periods");
    assertThat(Limits.keyed(cgroup, "cpu.stat", "nr_throttled")).isGreaterThan(periods / 2);
    assertThat(Limits.keyed(cgroup, "cpu.stat", "usage_usec")).isLessThan(periods * 40_000);
  }

  @Test
  void cpuSharesDivideABusyProcessor(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("shares", NamespaceMode.NODE);
    Path large =
        Limits.cgroup(
            run(testbed, pod, limits().setCpuShares(4096).build(), "while :; do :; done"));
    Path small =
        Limits.cgroup(
            testbed.runContainer(
                pod,
                Limits.container(
                    testbed,
                    pod,
                    "small",
                    limits().setCpuShares(256).build(),
                    "while :; do :; done")));
    assertThat(Limits.read(large, "cpu.weight")).isEqualTo("303");
    assertThat(Limits.read(small, "cpu.weight")).isEqualTo("35");
    long largeBefore = Limits.keyed(large, "cpu.stat", "usage_usec");
    long smallBefore = Limits.keyed(small, "cpu.stat", "usage_usec");
    Await.until(
        "the container with more shares has used 3 s",
        () -> Limits.keyed(large, "cpu.stat", "usage_usec") - largeBefore > 3_000_000);
    long largeUsed = Limits.keyed(large, "cpu.stat", "usage_usec") - largeBefore;
    long smallUsed = Limits.keyed(small, "cpu.stat", "usage_usec") - smallBefore;
    assertThat(largeUsed).isGreaterThan(3 * smallUsed);
  }

  @Test
  void unifiedKeysAreWrittenToTheCgroup(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("unified", NamespaceMode.NODE);
    LinuxContainerResources limits =
        limits()
            .putUnified("pids.max", "5")
            .putUnified("memory.high", "67108864")
            .putUnified("memory.oom.group", "1")
            .build();
    // A shell whose fork is refused exits. This one must not be the container's first process.
    String script =
        "(for i in 1 2 3 4 5 6 7 8 9; do sleep 1000 & done) 2>/dev/null; exec sleep 1000";
    String container = run(testbed, pod, limits, script);
    Path cgroup = Limits.cgroup(container);
    Await.until("a fork is refused", () -> Limits.keyed(cgroup, "pids.events", "max") > 0);
    assertThat(Long.parseLong(Limits.read(cgroup, "pids.current"))).isLessThanOrEqualTo(5);
    assertThat(Limits.read(cgroup, "memory.high")).isEqualTo("67108864");
    assertThat(Limits.read(cgroup, "memory.oom.group")).isEqualTo("1");
    assertThat(testbed.status(container).getResources().getLinux().getUnifiedMap())
        .isEqualTo(limits.getUnifiedMap());
  }

  @Test
  void ioLimitIsSetForADevice(Testbed testbed) throws Exception {
    Node node = testbed.node();
    Path disk = node.directory().resolve("disk");
    node.run("dd", "if=/dev/zero", "of=" + disk, "bs=1M", "count=8").orThrow();
    String device = node.run("losetup", "--find", "--show", disk.toString()).orThrow().strip();
    try {
      String number =
          node.run("lsblk", "--noheadings", "--output", "MAJ:MIN", device).orThrow().strip();
      Pod pod = testbed.runPod("io", NamespaceMode.NODE);
      LinuxContainerResources limits =
          limits().putUnified("io.max", number + " rbps=1048576 wiops=100").build();
      Path cgroup = Limits.cgroup(run(testbed, pod, limits, "exec sleep 1000"));
      assertThat(Limits.read(cgroup, "io.max"))
          .isEqualTo(number + " rbps=1048576 wbps=max riops=max wiops=100");
      testbed.removeAllPods();
    } finally {
      node.run("losetup", "--detach", device).orThrow();
      Files.delete(disk);
    }
  }

  @Test
  void oomScoreAdjustmentAppliesToContainerAndExec(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("score", NamespaceMode.NODE);
    String container = run(testbed, pod, limits().setOomScoreAdj(-500).build(), "exec sleep 1000");
    String read = "cat /proc/1/oom_score_adj /proc/self/oom_score_adj";
    assertThat(testbed.exec(container, "sh", "-c", read).getStdout().toStringUtf8())
        .isEqualTo("-500\n-500\n");
  }

  @Test
  void podMemoryLimitCoversItsContainers(Testbed testbed) throws Exception {
    PodSandboxConfig.Builder config = testbed.podConfig("whole", NamespaceMode.NODE);
    config
        .getLinuxBuilder()
        .setResources(limits().setMemoryLimitInBytes(48 * MEBIBYTE).setCpuShares(512));
    Pod pod = testbed.runPod(config.build());
    Path cgroup = Limits.cgroup(pod.id());
    assertThat(Limits.read(cgroup, "memory.max")).isEqualTo(Long.toString(48 * MEBIBYTE));
    assertThat(Limits.read(cgroup, "cpu.weight")).isEqualTo("59");
    String container = testbed.runShell(pod, "hungry", Limits.HUNGRY);
    ContainerStatus end = testbed.awaitExited(container);
    assertThat(end.getReason()).isEqualTo("OOMKilled");
    assertThat(end.getMessage())
        .endsWith("and it has no limit of its own: the pod or the node had no more");
  }

  @Test
  void killOfAnotherProcessThanTheFirstIsNamedAsSuch(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("child", NamespaceMode.NODE);
    LinuxContainerResources limits = limits().setMemoryLimitInBytes(32 * MEBIBYTE).build();
    // The first process, small and spared by its score, goes on after its child was killed.
    String script = "(" + Limits.HUNGRY + "); exit 7";
    ContainerStatus end = testbed.awaitExited(run(testbed, pod, limits, script));
    assertThat(end.getExitCode()).isEqualTo(7);
    assertThat(end.getReason()).isEqualTo("OOMKilled");
    assertThat(end.getMessage())
        .startsWith("the kernel killed a process other than its first one for want of memory");
  }

  @Test
  void cgroupParentOfKubeletIsUsedAndNotRemoved(Testbed testbed) throws Exception {
    Path parent = testbed.node().cgroup().resolve("kubepods/burstable/pod1");
    Files.createDirectories(parent);
    try {
      PodSandboxConfig.Builder config = testbed.podConfig("kubelet", NamespaceMode.NODE);
      String path = "/" + Node.cgroupMount().relativize(parent);
      config.getLinuxBuilder().setCgroupParent(path);
      Pod pod = testbed.runPod(config.build());
      String container = testbed.runShell(pod, "app", "exec sleep 1000");
      assertThat(Limits.cgroup(container).getParent()).isEqualTo(parent);
      testbed.removeAllPods();
      assertThat(parent).isDirectory();
      assertThat(Limits.read(parent, "cgroup.stat")).startsWith("nr_descendants 0");
    } finally {
      for (String made : List.of("kubepods/burstable/pod1", "kubepods/burstable", "kubepods")) {
        Files.delete(testbed.node().cgroup().resolve(made));
      }
    }
  }

  /** The test node's kernel has neither an rdma nor a cpuset controller. */
  @Test
  void limitWithoutItsControllerIsRefusedByName(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("absent", NamespaceMode.NODE);
    Map<String, LinuxContainerResources> absent =
        Map.of(
            "rdma.max", limits().putUnified("rdma.max", "mlx4_0 hca_handle=2").build(),
            "resources.cpuset_cpus is set", limits().setCpusetCpus("0").build());
    absent.forEach(
        (name, limits) -> {
          Status status =
              Calls.failure(
                  () ->
                      testbed.createContainer(
                          pod, Limits.container(testbed, pod, "absent", limits, "exit")));
          assertThat(status.getCode()).isEqualTo(Code.FAILED_PRECONDITION);
          assertThat(status.getDescription()).contains(name);
        });
    assertThat(testbed.containers()).isEmpty();
  }

  @Test
  void stopKillsProcessesOfOtherSessions(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("rest", NamespaceMode.NODE);
    String container =
        run(
            testbed,
            pod,
            limits().setMemoryLimitInBytes(64 * MEBIBYTE).build(),
            "setsid sleep 1000 & exec sleep 1000");
    Path cgroup = Limits.cgroup(container);
    Await.until("two processes", () -> Limits.read(cgroup, "cgroup.procs").lines().count() == 2);
    testbed.stopPod(pod.id());
    assertThat(cgroup).doesNotExist();
  }
}
