package io.jukung.runtime.stats;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.CpuUsage;
import io.jukung.cri.v1.MemoryUsage;
import io.jukung.cri.v1.Metric;
import io.jukung.cri.v1.SwapUsage;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Reads statistics and metrics from plain files with the contents of control files: the kernels
 * that tests run on do not have all controllers.
 */
class CgroupFilesTest {
  private static final long NOW = 3_000_000_000L;

  @TempDir private Path tree;
  private Path directory;
  private Cgroup cgroup;

  @BeforeEach
  void makeCgroup() throws IOException {
    directory = Files.createDirectories(tree.resolve("pod/c"));
    cgroup = new CgroupMount(tree, Set.of("cpu", "memory")).at("/pod/c");
  }

  private void file(String name, String content) throws IOException {
    Files.writeString(directory.resolve(name), content);
  }

  private List<String> metrics() throws IOException {
    MetricSeries series = MetricFamilyTest.series();
    new CgroupMetrics(cgroup, series).add(List.of(1, 2));
    return series.metrics().stream().map(CgroupFilesTest::text).toList();
  }

  /** The metric's name, its family's own labels, and its value. */
  private static String text(Metric metric) {
    List<String> own =
        metric
            .getLabelValuesList()
            .subList(MetricSeries.COMMON_LABELS.size(), metric.getLabelValuesCount());
    return metric.getName().replace("container_", "") + own + "=" + metric.getValue().getValue();
  }

  @Test
  void cpuUsageIsInNanosecondsWithItsRate() throws IOException {
    file("cpu.stat", "usage_usec 1500000\nuser_usec 1000000\n");
    CpuUsage usage = new CgroupUsage(cgroup, NOW).cpu(new CpuRates(), "c", 0).orElseThrow();
    assertThat(usage.getTimestamp()).isEqualTo(NOW);
    assertThat(usage.getUsageCoreNanoSeconds().getValue()).isEqualTo(1_500_000_000L);
    assertThat(usage.getUsageNanoCores().getValue()).isEqualTo(500_000_000L);
    assertThat(usage.hasPsi()).isFalse();
  }

  @Test
  void memoryUsageHasWorkingSetAndWhatIsLeftOfTheLimit() throws IOException {
    file("memory.current", "1000\n");
    file("memory.max", "1500\n");
    file("memory.stat", "anon 600\ninactive_file 300\npgfault 7\npgmajfault 2\n");
    file(
        "memory.pressure",
        """
        some avg10=1.50 avg60=0.00 avg300=0.00 total=20
        full avg10=0.25 avg60=0.00 avg300=0.00 total=10
        """);
    MemoryUsage usage = new CgroupUsage(cgroup, NOW).memory().orElseThrow();
    assertThat(usage.getUsageBytes().getValue()).isEqualTo(1000);
    assertThat(usage.getWorkingSetBytes().getValue()).isEqualTo(700);
    assertThat(usage.getAvailableBytes().getValue()).isEqualTo(800);
    assertThat(usage.getRssBytes().getValue()).isEqualTo(600);
    assertThat(usage.getPageFaults().getValue()).isEqualTo(7);
    assertThat(usage.getMajorPageFaults().getValue()).isEqualTo(2);
    assertThat(usage.getPsi().getSome().getAvg10()).isEqualTo(1.5);
    assertThat(usage.getPsi().getFull().getTotal()).as("nanoseconds").isEqualTo(10_000);
  }

  @Test
  void unlimitedMemoryHasNoAvailableBytes() throws IOException {
    file("memory.current", "1000\n");
    file("memory.max", "max\n");
    MemoryUsage usage = new CgroupUsage(cgroup, NOW).memory().orElseThrow();
    assertThat(usage.hasAvailableBytes()).isFalse();
  }

  @Test
  void swapUsageAboveItsLimitLeavesNothingAvailable() throws IOException {
    file("memory.swap.current", "50\n");
    file("memory.swap.max", "20\n");
    SwapUsage usage = new CgroupUsage(cgroup, NOW).swap().orElseThrow();
    assertThat(usage.getSwapUsageBytes().getValue()).isEqualTo(50);
    assertThat(usage.getSwapAvailableBytes().getValue()).isZero();
  }

  @Test
  void controllersThatAreMissingHaveNoMetrics() throws IOException {
    assertThat(metrics()).containsExactly("processes[]=2");
  }

  @Test
  void cpuMetricsAreInSecondsAndPeriods() throws IOException {
    file(
        "cpu.stat",
        """
        usage_usec 5500000
        user_usec 3000000
        system_usec 2500000
        nr_periods 10
        nr_throttled 4
        throttled_usec 1200000
        """);
    assertThat(metrics())
        .contains(
            "cpu_usage_seconds_total[total]=5",
            "cpu_user_seconds_total[]=3",
            "cpu_system_seconds_total[]=2",
            "cpu_cfs_periods_total[]=10",
            "cpu_cfs_throttled_periods_total[]=4",
            "cpu_cfs_throttled_seconds_total[]=1");
  }

  @Test
  void memoryMetricsComeFromTheKernelsCounters() throws IOException {
    file("memory.stat", "file 30\nanon 20\nkernel 5\nfile_mapped 4\npgfault 9\ninactive_file 10\n");
    file("memory.current", "60\n");
    file("memory.peak", "80\n");
    file("memory.events", "low 0\nmax 3\noom_kill 1\n");
    assertThat(metrics())
        .contains(
            "memory_cache[]=30",
            "memory_rss[]=20",
            "memory_kernel_usage[]=5",
            "memory_mapped_file[]=4",
            "memory_failures_total[pgfault, container]=9",
            "memory_failures_total[pgfault, hierarchy]=9",
            "memory_usage_bytes[]=60",
            "memory_working_set_bytes[]=50",
            "memory_max_usage_bytes[]=80",
            "memory_failcnt[]=3",
            "oom_events_total[]=1");
  }

  @Test
  void trafficIsCountedForEachDevice() throws IOException {
    file("io.stat", "990:1 rbytes=100 wbytes=200 rios=3 wios=4 dbytes=0 dios=0\n990:2 \n");
    assertThat(metrics())
        .contains(
            "fs_reads_bytes_total[990:1]=100",
            "fs_reads_total[990:1]=3",
            "fs_writes_bytes_total[990:1]=200",
            "fs_writes_total[990:1]=4",
            "blkio_device_usage_total[990:1, 990, 1, Read]=100",
            "blkio_device_usage_total[990:1, 990, 1, Write]=200");
  }

  @Test
  void trafficIsZeroUntilADeviceIsUsedAndAbsentWithoutTheIoController() throws IOException {
    assertThat(metrics()).noneMatch(each -> each.startsWith("fs_"));
    file("io.stat", "990:2 \n");
    assertThat(metrics())
        .contains(
            "fs_reads_bytes_total[]=0",
            "fs_reads_total[]=0",
            "fs_writes_bytes_total[]=0",
            "fs_writes_total[]=0")
        .noneMatch(each -> each.startsWith("blkio_"));
  }

  @Test
  void reservedHugePagesAreNotCountedAsUsed() throws IOException {
    file("hugetlb.2MB.current", "4194304\n");
    file("hugetlb.2MB.rsvd.current", "8388608\n");
    assertThat(metrics()).contains("hugetlb_usage_bytes[2MB]=4194304").hasSize(2);
  }

  @Test
  void unlimitedThreadsAreReportedAsZero() throws IOException {
    file("pids.current", "5\n");
    file("pids.max", "max\n");
    assertThat(metrics()).contains("threads[]=5", "threads_max[]=0");
  }
}
