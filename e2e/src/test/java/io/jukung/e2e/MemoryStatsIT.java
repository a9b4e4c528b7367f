package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jukung.cri.v1.ContainerStatsRequest;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.MemoryUsage;
import io.jukung.cri.v1.Metric;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxMetrics;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.NeedsControllers;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Statistics that need a cgroup controller. */
@NeedsControllers
@ExtendWith(Testbed.Extension.class)
class MemoryStatsIT {
  private static final long MEBIBYTE = 1 << 20;

  /** Metrics that the test node cannot provide: pressure, huge pages, and devices of disks. */
  private static final String ABSENT = "container_(pressure|hugetlb|blkio)_.*";

  private static String run(Testbed testbed, Pod pod, String script) {
    LinuxContainerResources limits =
        LinuxContainerResources.newBuilder()
            .setCpuPeriod(100_000)
            .setCpuQuota(50_000)
            .setCpuShares(512)
            .setMemoryLimitInBytes(128 * MEBIBYTE)
            .setMemorySwapLimitInBytes(128 * MEBIBYTE)
            .putUnified("pids.max", "50")
            .build();
    return testbed.runContainer(pod, Limits.container(testbed, pod, "app", limits, script));
  }

  private static MemoryUsage memory(Testbed testbed, String container) {
    return testbed
        .client()
        .runtime()
        .containerStats(ContainerStatsRequest.newBuilder().setContainerId(container).build())
        .getStats()
        .getMemory();
  }

  @Test
  void memoryStatsReportWorkingSetAndAvailableBytes(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("memory", NamespaceMode.NODE);
    // dd keeps its buffer while nobody reads from the pipe.
    String container = run(testbed, pod, "dd if=/dev/zero bs=40M count=1 | sleep 1000");
    Path cgroup = Limits.cgroup(container);
    Await.until(
        "40 MiB of anonymous memory",
        () -> Limits.keyed(cgroup, "memory.stat", "anon") > 40 * MEBIBYTE);
    MemoryUsage usage = memory(testbed, container);
    assertThat(usage.getRssBytes().getValue()).isBetween(40 * MEBIBYTE, 44 * MEBIBYTE);
    assertThat(usage.getUsageBytes().getValue())
        .isCloseTo(Long.parseLong(Limits.read(cgroup, "memory.current")), within(MEBIBYTE));
    assertThat(usage.getWorkingSetBytes().getValue())
        .isCloseTo(
            usage.getUsageBytes().getValue() - Limits.keyed(cgroup, "memory.stat", "inactive_file"),
            within(MEBIBYTE));
    assertThat(usage.getAvailableBytes().getValue() + usage.getWorkingSetBytes().getValue())
        .isEqualTo(128 * MEBIBYTE);
    assertThat(usage.getPageFaults().getValue()).isGreaterThan(10_000);
    Pod other = testbed.runPod("unlimited", NamespaceMode.NODE);
    String unlimited = testbed.runShell(other, "free", "exec sleep 1000");
    assertThat(memory(testbed, unlimited).getUsageBytes().getValue()).isPositive();
    assertThat(memory(testbed, unlimited).hasAvailableBytes()).isFalse();
  }

  @Test
  void everyMetricFamilyHasValues(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("metrics", NamespaceMode.POD);
    String container = run(testbed, pod, "exec sleep 1000");
    PodSandboxMetrics metrics = StatsIT.metrics(testbed, pod);
    List<Metric> own = metrics.getContainerMetrics(0).getMetricsList();
    Set<String> missing = new TreeSet<>(StatsIT.descriptors(testbed).keySet());
    own.forEach(metric -> missing.remove(metric.getName()));
    metrics.getMetricsList().forEach(metric -> missing.remove(metric.getName()));
    missing.removeIf(name -> name.matches(ABSENT));
    assertThat(missing).isEmpty();
    assertThat(value(own, "container_spec_cpu_quota")).isEqualTo(50_000);
    assertThat(value(own, "container_spec_cpu_shares")).isEqualTo(512);
    assertThat(value(own, "container_spec_memory_limit_bytes")).isEqualTo(128 * MEBIBYTE);
    assertThat(value(own, "container_fs_writes_bytes_total")).isZero();
    assertThat(value(own, "container_threads")).isEqualTo(1);
    assertThat(value(own, "container_threads_max")).isEqualTo(50);
    assertThat(value(own, "container_oom_events_total")).isZero();
    testbed.exec(container, "sh", "-c", "dd if=/dev/zero of=/dev/null bs=200M count=1");
    List<Metric> after = StatsIT.metrics(testbed, pod).getContainerMetrics(0).getMetricsList();
    assertThat(value(after, "container_oom_events_total")).isEqualTo(1);
    assertThat(value(after, "container_memory_max_usage_bytes")).isEqualTo(128 * MEBIBYTE);
  }

  private static long value(List<Metric> metrics, String name) {
    return StatsIT.find(metrics, name).getValue().getValue();
  }
}
